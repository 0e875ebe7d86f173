import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeApi } from "../testing/fake-api.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { settle, VirtualClock } from "../testing/virtual-clock.ts";
import { Client } from "./client.ts";
import { runAsLeader } from "./leader-election.ts";
import { leases } from "./resources.ts";

function scene() {
  const clock = new VirtualClock();
  const api = new FakeApi({ now: () => clock.now() });
  const log: string[] = [];
  const candidate = (identity: string) => {
    const abort = new AbortController();
    const stop = new AbortController();
    const client = new Client(api.transport, abort.signal);
    const options = { client, name: "manager", identity, clock, random: () => 0, logger: silentLogger, signal: abort.signal };
    const running = runAsLeader(options, async (signal) => {
      log.push(`${identity} leads`);
      await new Promise<void>((resolve) => AbortSignal.any([signal, stop.signal]).addEventListener("abort", () => resolve(), { once: true }));
      log.push(`${identity} ends`);
    });
    running.catch(() => {});
    return { abort, stop, running };
  };
  const holder = () => api.all(leases)[0]?.spec;
  return { clock, api, log, candidate, holder };
}

test("one candidate leads; another takes over only when the lease has stood still for its duration", async () => {
  const { clock, log, candidate, holder } = scene();
  const a = candidate("a");
  await settle();
  const b = candidate("b");
  await clock.advance(60_000);
  assert.deepEqual(log, ["a leads"]);
  assert.equal(holder()?.leaseTransitions, 0);
  a.abort.abort();
  await a.running.catch(() => {});
  await clock.advance(13_000);
  assert.deepEqual(log, ["a leads", "a ends"]);
  await clock.advance(6_000);
  assert.deepEqual(log, ["a leads", "a ends", "b leads"]);
  assert.deepEqual([holder()?.holderIdentity, holder()?.leaseTransitions], ["b", 1]);
  b.abort.abort();
  await b.running.catch(() => {});
  assert.equal(clock.pending, 0);
});

test("a leader that finishes gives its lease up, so the next one need not wait", async () => {
  const { clock, log, candidate } = scene();
  const a = candidate("a");
  await settle();
  const b = candidate("b");
  a.stop.abort();
  await a.running;
  await clock.advance(2_000);
  assert.deepEqual(log, ["a leads", "a ends", "b leads"]);
  b.abort.abort();
  await b.running.catch(() => {});
});

test("a leader that cannot renew for ten seconds stops leading, before anyone else may start", async () => {
  const { clock, api, log, candidate } = scene();
  const a = candidate("a");
  await clock.advance(5_000);
  api.intercept = () => {
    throw new Error("unreachable");
  };
  await clock.advance(12_000);
  assert.deepEqual(log, ["a leads", "a ends"]);
  await assert.rejects(a.running, /cannot renew lease manager/);
  assert.equal(clock.pending, 0);
});
