import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { get, put, range, watching } from "../contract-tools.ts";
import { prefixEnd, type Store, StoreUnavailableError } from "../store.ts";
import { withStore } from "./fake-surroundings.ts";

/** A file system of 4 MB; undefined where it cannot be mounted. */
function mountSmall(): { folder: string; unmount(): void } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "coracle-full-"));
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]).status !== 0) {
    rmdirSync(folder);
    return undefined;
  }
  return {
    folder,
    unmount: () => {
      spawnSync("umount", [folder]);
      rmdirSync(folder);
    },
  };
}

test("a full disk refuses writes in clear words, reads go on, and writes resume when there is room", async (context) => {
  const small = mountSmall();
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
      assert.equal((await store.status()).revision, revision, "a write that failed takes no revision");
      rmSync(ballast);
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
