import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { storeContract } from "../contract.ts";
import { get, put, range, watching } from "../contract-tools.ts";
import { createMemoryStore } from "../memory/memory-store.ts";
import { CompactedError } from "../store.ts";
import { readRevisionOffset, withRevisionOffset, writeRevisionOffset } from "./revision-offset.ts";

const OFFSET = 1_000_000;

storeContract("revision offset", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  return { store: withRevisionOffset(store, OFFSET), advance: (ms) => clock.advance(ms), dispose: () => store.close(), watches: () => store.watches };
});

test("revisions from before the move are compacted ones, and no key has them", async () => {
  const inner = createMemoryStore({ clock: new VirtualClock() });
  await writeRevisionOffset(inner, OFFSET);
  assert.equal(await readRevisionOffset(inner), OFFSET);
  const store = withRevisionOffset(inner, OFFSET);
  try {
    assert.equal(await put(store, "/a", "1"), OFFSET + 3);
    assert.equal((await get(store, "/a"))?.modRevision, OFFSET + 3);
    for (const old of [1, 17, OFFSET]) {
      await assert.rejects(range(store, "/", old), CompactedError);
      assert.ok((await watching(store, { start: "/a", fromRevision: old }).failure()) instanceof CompactedError);
      const unless = { compare: [{ key: "/b", modRevision: old }], success: [], failure: [] };
      assert.equal((await store.txn(unless)).succeeded, false, "an old revision is not that of a key that is not there");
    }
    assert.equal((await store.txn({ compare: [{ key: "/b", modRevision: 0 }], success: [], failure: [] })).succeeded, true);
  } finally {
    await store.close();
  }
});

test("an etcd without the key has no offset", async () => {
  const store = createMemoryStore({ clock: new VirtualClock() });
  assert.equal(await readRevisionOffset(store), 0);
  await put(store, "/coracle/revision-offset", "many");
  await assert.rejects(readRevisionOffset(store), /holds "many" instead of a number/);
  await store.close();
});
