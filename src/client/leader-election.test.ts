import assert from "node:assert/strict";
import { test } from "node:test";
import type { Transport } from "../machinery/transport.ts";
import { FakeApi } from "../testing/fake-api.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { settle, VirtualClock } from "../testing/virtual-clock.ts";
import { type LeaderElectionOptions, LeadershipLostError, leadWhenElected, runAsLeader } from "./leader-election.ts";
import { leases } from "./resources.ts";

/** What becomes of a candidate's requests: answered, never answered, refused. */
type Network = "up" | "silent" | "refusing";

function scene(random: () => number = () => 0) {
  const clock = new VirtualClock();
  const api = new FakeApi({ now: () => clock.now() });
  const started = clock.now();
  const log: string[] = [];
  const events: string[] = [];
  const say = (text: string) => log.push(`${((clock.now() - started) / 1000).toFixed(1)} ${text}`);
  const candidate = (identity: string, elect: typeof runAsLeader = runAsLeader) => {
    const abort = new AbortController();
    const finish = new AbortController();
    const network = { state: "up" as Network };
    const options: LeaderElectionOptions = {
      transport: through(network, api.transport),
      name: "manager",
      identity,
      clock,
      random,
      logger: silentLogger,
      events: { event: (about, type, reason, message) => void events.push(`${nameOf(about)} ${type} ${reason}: ${message}`) },
      signal: abort.signal,
    };
    const running = elect(options, async (signal) => {
      say(`${identity} leads`);
      await new Promise<void>((resolve) => AbortSignal.any([signal, finish.signal]).addEventListener("abort", () => resolve(), { once: true }));
      say(`${identity} ends`);
    });
    running.catch(() => {});
    return { abort, finish, network, running };
  };
  const holder = () => api.all(leases)[0]?.spec;
  return { clock, api, log, events, candidate, holder };
}

function nameOf(about: object): string {
  return "metadata" in about ? (about as { metadata: { name: string } }).metadata.name : "";
}

function through(network: { readonly state: Network }, transport: Transport): Transport {
  const meet = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (network.state === "refusing") throw new Error("unreachable");
    if (network.state === "silent") await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  };
  return {
    ...transport,
    get: async (target, options, signal) => {
      await meet(signal);
      return transport.get(target, options, signal);
    },
    create: async (target, body, options, signal) => {
      await meet(signal);
      return transport.create(target, body, options, signal);
    },
    update: async (target, body, options, signal) => {
      await meet(signal);
      return transport.update(target, body, options, signal);
    },
  };
}

test("one candidate leads, and others wait", async () => {
  const { clock, log, candidate, holder } = scene();
  const a = candidate("a");
  await settle();
  const b = candidate("b");
  await clock.advance(60_000);
  assert.deepEqual(log, ["0.0 a leads"]);
  assert.deepEqual([holder()?.leaseTransitions, holder()?.leaseDurationSeconds], [0, 15]);
  b.abort.abort();
  await assert.rejects(b.running, { name: "AbortError" });
  a.abort.abort();
  await a.running;
  assert.equal(clock.pending, 0);
});

test("a leader that is told to stop ends first, then gives its lease up: the next one need not wait", async () => {
  for (const how of ["abort", "finish"] as const) {
    const { clock, log, events, candidate, holder } = scene();
    const a = candidate("a");
    await settle();
    const b = candidate("b");
    await clock.advance(5_000);
    a[how].abort();
    await a.running;
    assert.equal(holder()?.holderIdentity, "");
    await clock.advance(2_000);
    assert.deepEqual(log, ["0.0 a leads", "5.0 a ends", "6.0 b leads"], how);
    assert.deepEqual([holder()?.holderIdentity, holder()?.leaseTransitions], ["b", 1]);
    assert.deepEqual(events, [
      "manager Normal LeaderElection: a became leader",
      "manager Normal LeaderElection: a stopped leading",
      "manager Normal LeaderElection: b became leader",
    ]);
    b.abort.abort();
    await b.running;
    assert.equal(clock.pending, 0);
  }
});

test("a leader cut off ends after ten seconds, refused or unanswered, before anyone else may begin", async () => {
  for (const state of ["refusing", "silent"] as const) {
    const { clock, log, candidate } = scene();
    const a = candidate("a");
    await settle();
    const b = candidate("b");
    await clock.advance(5_000);
    a.network.state = state;
    await clock.advance(30_000);
    await assert.rejects(a.running, LeadershipLostError);
    // Renewed at 4.0, seen by b at 4.0.
    assert.deepEqual(log, ["0.0 a leads", "14.0 a ends", "19.0 b leads"], state);
    b.abort.abort();
    await b.running;
    assert.equal(clock.pending, 0);
  }
});

test("a leader whose lease somebody else has written ends at once", async () => {
  const { clock, api, log, candidate } = scene();
  const a = candidate("a");
  await clock.advance(3_000);
  const lease = api.all(leases)[0]!;
  const spec = { ...lease.spec, holderIdentity: "usurper", leaseTransitions: 1 };
  await api.transport.update({ resource: leases, namespace: "kube-system", name: "manager" }, { ...lease, spec }, {}, AbortSignal.timeout(1000));
  await clock.advance(1_500);
  assert.deepEqual(log, ["0.0 a leads", "4.0 a ends"]);
  await assert.rejects(a.running, /cannot renew lease manager: usurper holds it/);
});

test("a lease that was deleted is written again by its leader", async () => {
  const { clock, api, log, candidate, holder } = scene();
  const a = candidate("a");
  await clock.advance(3_000);
  await api.transport.delete({ resource: leases, namespace: "kube-system", name: "manager" }, {}, AbortSignal.timeout(1000));
  await clock.advance(1_500);
  assert.equal(holder()?.holderIdentity, "a");
  assert.deepEqual(log, ["0.0 a leads"]);
  a.abort.abort();
  await a.running;
});

test("who lost the lead stands for election again", async () => {
  const { clock, log, candidate } = scene();
  const a = candidate("a", leadWhenElected);
  await clock.advance(5_000);
  a.network.state = "refusing";
  await clock.advance(20_000);
  a.network.state = "up";
  await clock.advance(5_000);
  assert.deepEqual(log, ["0.0 a leads", "14.0 a ends", "26.0 a leads"]);
  a.abort.abort();
  await a.running;
  assert.equal(clock.pending, 0);
});

test("a component that fails ends its candidacy, and its lease is free", async () => {
  const { clock, api, holder } = scene();
  const options = {
    transport: api.transport,
    name: "manager",
    identity: "a",
    clock,
    random: () => 0,
    logger: silentLogger,
    signal: new AbortController().signal,
  };
  await assert.rejects(
    leadWhenElected(options, async () => {
      throw new Error("broken");
    }),
    /broken/,
  );
  assert.equal(holder()?.holderIdentity, "");
  assert.equal(clock.pending, 0);
});

test("whenever the leader dies, and however its rivals are timed: another leads in under 18 s, and never two at once", async () => {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  let longest = 0;
  for (let round = 0; round < 60; round++) {
    const { clock, log, candidate } = scene(random);
    const a = candidate("a");
    await settle();
    const rivals = [candidate("b"), candidate("c")];
    await clock.advance(5_000 + Math.floor(random() * 10_000));
    a.network.state = random() < 0.5 ? "silent" : "refusing";
    const died = clock.now();
    while (!log.some((line) => /[bc] leads/.test(line)) && clock.now() - died < 30_000) await clock.advance(100);
    longest = Math.max(longest, clock.now() - died);
    assert.match(log.map((line) => line.replace(/^\S+ /, "")).join(), /^a leads,a ends,[bc] leads$/, `round ${round}`);
    for (const rival of rivals) rival.abort.abort();
    await Promise.allSettled([a, ...rivals].map(({ running }) => running));
  }
  assert.ok(longest < 18_000, `${longest} ms`);
});

test("times that could make two leaders are refused", async () => {
  const { clock, api } = scene();
  const options = {
    transport: api.transport,
    name: "manager",
    identity: "a",
    clock,
    random: () => 0,
    logger: silentLogger,
    signal: new AbortController().signal,
  };
  await assert.rejects(
    runAsLeader({ ...options, renewDeadlineSeconds: 15 }, async () => {}),
    /renew deadline must be shorter than the lease/,
  );
  await assert.rejects(
    runAsLeader({ ...options, retryPeriodSeconds: 9 }, async () => {}),
    /longer than the retry period/,
  );
});
