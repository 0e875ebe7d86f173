/** What a loss of power can leave of the log is no damage; what it cannot is. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { put } from "../contract-tools.ts";
import { inFolder, withStore } from "./fake-surroundings.ts";
import { PAGE_BYTES, walPath } from "./layout.ts";
import { lostFrames, MAX_UNSYNCED_COMMITS, WAL_HEADER_BYTES } from "./wal.ts";

const FRAME_BYTES = 24 + PAGE_BYTES;

test(`blocks of the last ${MAX_UNSYNCED_COMMITS} transactions may be missing in any order; those of one before them may not`, () =>
  inFolder(async (path) => {
    const log = await withStore(path, async (store) => {
      // A compaction has SQLite follow at once.
      for (let index = 0; index < 8; index++) await store.compact(await put(store, `/a/${index}`, "x".repeat(9000)));
      return readFileSync(walPath(path));
    });
    const frames = Math.floor((log.length - WAL_HEADER_BYTES) / FRAME_BYTES);
    const at = (frame: number) => WAL_HEADER_BYTES + frame * FRAME_BYTES;
    const salt = log.subarray(16, 24);
    const written = Array.from({ length: frames }, (_, frame) => frame).filter((frame) => log.subarray(at(frame) + 8, at(frame) + 16).equals(salt));
    assert.equal(lostFrames(log), 0);
    // Each frame's distance from the end, in transactions: 0 for the last one.
    let later = -1;
    for (const frame of written.toReversed()) {
      if (log.readUInt32BE(at(frame) + 4) !== 0) later++;
      const torn = Buffer.from(log);
      torn.fill(0, at(frame) + 24, at(frame) + 24 + 512);
      assert.equal(lostFrames(torn) > 0, later >= MAX_UNSYNCED_COMMITS, `frame ${frame}, ${later} transactions from the end`);
    }
    assert.ok(later > MAX_UNSYNCED_COMMITS);
  }));
