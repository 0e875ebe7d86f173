import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { get, put, range, watching } from "../contract-tools.ts";
import { prefixEnd, type Store, StoreUnavailableError } from "../store.ts";
import { withStore } from "./fake-surroundings.ts";
import { mountSmall } from "./small-disk.ts";

test("a full disk refuses writes in clear words, reads go on, and writes resume when there is room", async (context) => {
  const small = mountSmall(4);
  if (small === undefined) return context.skip("needs root and mount to make a small file system");
  try {
    const path = join(small.folder, "store.db");
    const ballast = join(small.folder, "ballast");
    const last = await withStore(path, async (store) => {
      writeFileSync(ballast, new Uint8Array(1 << 20));
      const watch = watching(store, { start: "/", end: prefixEnd("/"), fromRevision: 1 });
      const written = await writeUntilFull(store);
      const revision = (await store.status()).revision;
      assert.equal((await range(store, "/full/")).count, written);
      await assert.rejects(Promise.all([put(store, "/more/1", "x".repeat(50_000)), put(store, "/more/2", "x".repeat(50_000))]), StoreUnavailableError);
      const { revision: after, alarms } = await store.status();
      assert.deepEqual([after, alarms], [revision, ["NOSPACE"]], "a write that failed takes no revision");
      rmSync(ballast);
      assert.equal((await store.status()).alarms, undefined, "room is noticed before anybody writes");
      const next = await put(store, "/after", "1");
      assert.equal(next, revision + 1);
      const events = await watch.events(written + 1);
      assert.deepEqual(
        events.map((event) => event.kv.modRevision),
        Array.from({ length: written + 1 }, (_, index) => 2 + index),
      );
      await watch.stop();
      return next;
    });
    // Closing could not empty its log into the main file for want of room: opening must do with that.
    await withStore(path, async (store) => assert.equal((await get(store, "/after"))?.modRevision, last));
  } finally {
    small.unmount();
  }
});

async function writeUntilFull(store: Store): Promise<number> {
  for (let index = 0; index < 1000; index++) {
    try {
      await put(store, `/full/${index}`, "x".repeat(20_000));
    } catch (error) {
      assert.ok(error instanceof StoreUnavailableError, String(error));
      assert.match(error.message, /no space left.*resume when there is room/);
      return index;
    }
  }
  throw new Error("4 MB took 20 MB of values");
}
