import assert from "node:assert/strict";
import { test } from "node:test";
import { formatEvery, nextSnapshotAt, outlived, parseEvery, scheduledName, scheduledSnapshots } from "./snapshot-schedule.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 5, 1, 12);
const schedule = { everySeconds: 6 * 3600, keep: 3 };
const at = (...hours: number[]) => hours.map((hour) => ({ name: `at ${hour}`, at: NOW + hour * HOUR }));

test("when the next snapshot is due", () => {
  const cases: readonly [string, ReturnType<typeof at>, number | undefined, number][] = [
    ["none yet: now", [], undefined, 0],
    ["one an hour ago: in five", at(-1), undefined, 5],
    ["the newest counts, whatever the order", at(-1, -20, -8), undefined, 5],
    ["one missed while the cluster was down: at once", at(-20), undefined, -14],
    ["a failure a moment ago: five minutes after it", at(-20), 0, 5 / 60],
    ["an old failure no longer matters", at(-1), -1, 5],
    ["taken by a clock that was ahead: as if it were not there", at(30), undefined, 0],
  ];
  for (const [what, taken, failedHours, hours] of cases) {
    const failedAt = failedHours === undefined ? undefined : NOW + failedHours * HOUR;
    assert.equal((nextSnapshotAt(schedule, taken, failedAt, NOW) - NOW) / HOUR, hours, what);
  }
});

test("the oldest go when there are too many", () => {
  assert.deepEqual(outlived(schedule, at(-1, -4, -2, -5, -3)), ["at -5", "at -4"]);
  assert.deepEqual(outlived(schedule, at(-1, -2, -3)), []);
  assert.deepEqual(outlived(schedule, []), []);
});

test("only what the schedule of this cluster has made is counted", () => {
  const name = scheduledName("prod", NOW);
  assert.equal(name, "prod-scheduled-20260601T120000Z.snapshot");
  const others = ["prod-20260601T120000Z.snapshot", "prod-2-scheduled-20260601T120000Z.snapshot", `.${name}.01234567.partial`, `${name}.old`, "notes.txt"];
  assert.deepEqual(scheduledSnapshots("prod", [...others, name]), [{ name, at: NOW }]);
});

test("times are written as people write them", () => {
  for (const [text, seconds] of [
    ["6h", 21_600],
    ["90m", 5400],
    ["1d", 86_400],
    ["1d12h", 129_600],
    ["60s", 60],
  ] as const)
    assert.equal(parseEvery(text), seconds);
  for (const text of ["", "6", "h", "6 h", "59s", "-6h", "6x", "1.5h", "0h"])
    assert.throws(() => parseEvery(text), /cannot take snapshots every .* must be a time such as/);
  for (const seconds of [60, 5400, 21_600, 86_400, 129_661]) assert.equal(parseEvery(formatEvery(seconds)), seconds);
  assert.equal(formatEvery(21_600), "6h");
});
