import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../storage/memory/memory-store.ts";
import type { Store } from "../storage/store.ts";
import { storeOver } from "../storage/store-over.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Compactor } from "./compactor.ts";
import { Follower } from "./watch-cache/follower.ts";

const intervalMs = 300_000;

async function server(store: Store, clock: VirtualClock) {
  const life = new AbortController();
  const compactions: number[] = [];
  const counted = storeOver(store, {
    compact: async (revision) => {
      compactions.push(revision);
      await store.compact(revision);
    },
  });
  const follower = new Follower({ store: counted, clock, logger: silentLogger });
  const { done } = await follower.start(life.signal);
  const running = new Compactor({ store: counted, clock, logger: silentLogger, follower, intervalMs }).run(life.signal);
  return {
    compactions,
    follower,
    stop: async () => {
      life.abort();
      await Promise.all([done, running]);
    },
  };
}

async function write(store: Store, count: number): Promise<number> {
  let revision = 0;
  for (let index = 0; index < count; index++) {
    ({ revision } = await store.txn({ compare: [], success: [{ type: "put", key: `/registry/x/${index}`, value: Buffer.from("x") }], failure: [] }));
  }
  return revision;
}

test("history lasts from one turn to the next", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  const before = await write(store, 10);
  const only = await server(store, clock);
  await write(store, 10);
  await clock.advance(intervalMs);
  assert.deepEqual(only.compactions, [before]);
  assert.equal(only.follower.compactRevision, before);
  assert.equal((await store.status()).compactRevision, before);
  await clock.advance(intervalMs);
  assert.equal(only.compactions.length, 2);
  await only.stop();
  assert.equal(clock.pending, 0);
});

test("of several servers one compacts, the others learn of it; when it dies another goes on", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  const servers = [];
  for (let index = 0; index < 3; index++) {
    servers.push(await server(store, clock));
    await clock.advance(1000);
  }
  for (let turn = 0; turn < 4; turn++) {
    await write(store, 5);
    await clock.advance(intervalMs);
  }
  assert.deepEqual(
    servers.map(({ compactions }) => compactions.length > 0),
    [true, false, false],
  );
  const { compactRevision } = await store.status();
  for (const { follower } of servers) assert.equal(follower.compactRevision, compactRevision);
  await servers[0]!.stop();
  for (let turn = 0; turn < 3; turn++) {
    await write(store, 5);
    await clock.advance(intervalMs);
  }
  assert.ok((await store.status()).compactRevision > compactRevision);
  assert.equal(servers.filter(({ compactions }) => compactions.length > 0).length, 2);
  await Promise.all(servers.slice(1).map(({ stop }) => stop()));
  assert.equal(clock.pending, 0);
});
