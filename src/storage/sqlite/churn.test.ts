/** A day's churn leaves the file as large as an hour's: compaction gives back what it frees, or it is used again. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { churn } from "./churn.ts";
import { inFolder, silentLogger, VirtualClock } from "./fake-surroundings.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

const PODS = 60;
const VALUE_BYTES = 2048;
const LOG_PAGES = 32;

test("a day of pods that come and go keeps the file bounded", () =>
  inFolder(async (path) => {
    const store = await openSqliteStore({ path, clock: new VirtualClock(), logger: silentLogger, logPages: LOG_PAGES });
    try {
      // The logs keep the length that they had when the machine was busiest with something else; it says nothing of days and hours.
      const sizeBytes = () => statSync(path).size;
      const day = await churn(store, { pods: PODS, livesPerDay: 24, valueBytes: VALUE_BYTES, sizeBytes });
      assert.equal((await store.status()).keys, PODS);
      assert.ok(day.writes > 24 * PODS * 7, `${day.writes} writes`);
      const written = day.writes * VALUE_BYTES;
      assert.ok(day.lastHourBytes <= 1.25 * day.firstHourBytes, `${day.lastHourBytes} bytes after a day, ${day.firstHourBytes} after an hour`);
      const { sizeBytes: withLogs } = await store.status();
      assert.ok(withLogs < written / 2, `${withLogs} bytes on disk of ${written} written`);
    } finally {
      await store.close();
    }
  }));
