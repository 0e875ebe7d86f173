import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../../storage/memory/memory-store.ts";
import { type Store, StoreUnavailableError } from "../../storage/store.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import { settle, VirtualClock } from "../../testing/virtual-clock.ts";
import { Follower } from "./follower.ts";

async function scene(over: (store: Store) => Partial<Store>) {
  const clock = new VirtualClock();
  const memory = createMemoryStore({ clock });
  const store: Store = {
    range: (request, signal) => memory.range(request, signal),
    txn: (request, signal) => memory.txn(request, signal),
    watch: (request, signal) => memory.watch(request, signal),
    requestProgress: () => memory.requestProgress(),
    compact: (revision) => memory.compact(revision),
    grantLease: (ttlSeconds) => memory.grantLease(ttlSeconds),
    keepAlive: (leaseId) => memory.keepAlive(leaseId),
    revokeLease: (leaseId) => memory.revokeLease(leaseId),
    status: () => memory.status(),
    close: () => memory.close(),
    ...over(memory),
  };
  const life = new AbortController();
  const follower = new Follower({ store, clock, logger: silentLogger });
  const { done } = await follower.start(life.signal);
  const put = async (key: string) => (await memory.txn({ compare: [], success: [{ type: "put", key, value: Buffer.from("x") }], failure: [] })).revision;
  const stop = async () => {
    life.abort(new Error("over"));
    await done;
    assert.equal(clock.pending, 0);
  };
  return { clock, follower, memory, put, stop };
}

const never = new AbortController().signal;

test("a revision that brings no event is caught up with by progress, asked for until it comes", async () => {
  let asked = 0;
  const { clock, follower, put, stop } = await scene((store) => ({
    requestProgress: async () => (++asked < 3 ? true : store.requestProgress()),
  }));
  const revision = await put("/elsewhere");
  const caughtUp = follower.catchUp(never);
  await clock.advance(250);
  assert.equal(await caughtUp, revision);
  assert.equal(asked, 3);
  assert.equal(follower.revision, revision);
  assert.equal(clock.pending, 0, "nobody waits any more");
  await stop();
});

test("a store that cannot be asked for progress tells by the event of a marker, written only where events are missing", async () => {
  const { clock, follower, memory, put, stop } = await scene(() => ({ requestProgress: async () => false }));
  await put("/registry/somebody");
  await follower.catchUp(never);
  const before = (await memory.status()).revision;
  const revision = await put("/elsewhere");
  assert.equal(revision, before + 1, "no marker so far");
  const waiting = Array.from({ length: 5 }, () => follower.catchUpWithin(3000, never));
  await clock.advance(150);
  assert.deepEqual(await Promise.all(waiting), [true, true, true, true, true]);
  assert.equal((await memory.status()).revision, revision + 1, "one marker for all");
  await stop();
});

test("nobody is made to wait for a revision that does not exist by markers without end", async () => {
  const { clock, follower, memory, stop } = await scene(() => ({ requestProgress: async () => false }));
  const before = (await memory.status()).revision;
  const waiting = follower.reached(1_000_000, AbortSignal.any([never])).catch((error: unknown) => error);
  await clock.advance(3_000);
  assert.equal((await memory.status()).revision, before);
  await stop();
  assert.match(String(await waiting), /over/);
});

test("a cache that cannot catch up says so in time: the store is to be read", async () => {
  const { clock, follower, put, stop } = await scene(() => ({
    requestProgress: async () => false,
    txn: () => Promise.reject(new StoreUnavailableError("full")),
  }));
  await put("/elsewhere");
  const behind = follower.catchUpWithin(3000, never);
  await clock.advance(2_900);
  await settle();
  await clock.advance(200);
  assert.equal(await behind, false);
  await stop();
});
