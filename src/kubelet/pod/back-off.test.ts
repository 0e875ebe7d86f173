import assert from "node:assert/strict";
import { test } from "node:test";
import { type BackOffEntry, goSeconds, nextBackOff, restartBackOff, restartedBackOff, retryAtMs } from "./back-off.ts";

test("delays double from 10 s to 5 min", () => {
  let entry: BackOffEntry | undefined;
  const delays: string[] = [];
  for (let now = 0; delays.length < 7; now += entry.delayMs) {
    entry = nextBackOff(entry, now, now, restartBackOff);
    delays.push(goSeconds(entry.delayMs));
  }
  assert.deepEqual(delays, ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]);
});

test("the delay counts from when the last attempt ended, and the first is immediate", () => {
  assert.equal(retryAtMs(undefined, 1000, restartBackOff), 0);
  assert.equal(retryAtMs({ delayMs: 10_000, updatedAtMs: 0 }, 1000, restartBackOff), 11_000);
});

test("what ran for ten minutes starts over", () => {
  const entry = { delayMs: 300_000, updatedAtMs: 0 };
  assert.equal(retryAtMs(entry, 600_001, restartBackOff), 0);
  assert.equal(nextBackOff(entry, 600_001, 600_002, restartBackOff).delayMs, 10_000);
  assert.equal(nextBackOff(entry, 600_000, 600_001, restartBackOff).delayMs, 300_000);
});

test("a container changed since its last run begins anew", () => {
  const entry = { delayMs: 160_000, updatedAtMs: 0 };
  const ended = { finishedAtMs: 5000, hash: "old" };
  assert.equal(restartedBackOff(entry, ended, "old", 6000).delayMs, 300_000);
  assert.equal(restartedBackOff(entry, ended, "new", 6000).delayMs, 10_000);
});
