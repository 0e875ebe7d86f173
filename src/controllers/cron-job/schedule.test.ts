import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseSchedule } from "./schedule.ts";

describe("the next time of a schedule", () => {
  const rows: [string, string, string, string, string][] = [
    ["every minute", "*/1 * * * ?", "UTC", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"],
    ["a time is after, not at", "* */1 * * ?", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"],
    ["steps", "*/15 * * * *", "UTC", "2026-01-01T00:16:00Z", "2026-01-01T00:30:00Z"],
    ["a start with a step", "5/20 * * * *", "UTC", "2026-01-01T00:30:00Z", "2026-01-01T00:45:00Z"],
    ["lists and ranges", "0 8-10,20 * * *", "UTC", "2026-01-01T10:30:00Z", "2026-01-01T20:00:00Z"],
    ["a day of the month", "0 0 31 * *", "UTC", "2026-01-31T12:00:00Z", "2026-03-31T00:00:00Z"],
    ["a weekday by name", "30 6 * * MON", "UTC", "2026-01-01T00:00:00Z", "2026-01-05T06:30:00Z"],
    ["a month by name", "0 0 1 jul *", "UTC", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"],
    ["day and weekday both given: either", "0 0 13 * FRI", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"],
    ["a leap day", "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"],
    ["@daily", "@daily", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"],
    ["@every", "@every 1h30m", "UTC", "2026-01-01T00:00:10Z", "2026-01-01T01:30:10Z"],
    ["a zone", "0 9 * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-01-01T14:00:00Z"],
    ["a zone in summer", "0 9 * * *", "America/New_York", "2026-07-01T00:00:00Z", "2026-07-01T13:00:00Z"],
    ["a time that spring skips comes a day later", "30 2 * * *", "America/New_York", "2026-03-08T00:00:00-05:00", "2026-03-09T02:30:00-04:00"],
    ["a zone of half an hour", "0 0 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-01T18:30:00Z"],
    ["TZ= before the fields", "TZ=Asia/Tokyo 0 0 * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T15:00:00Z"],
  ];
  for (const [name, text, zone, from, expected] of rows) {
    test(name, () => assert.equal(parseSchedule(text, zone).next(Date.parse(from)), Date.parse(expected)));
  }
  test("a day that never comes", () => assert.equal(parseSchedule("0 0 30 2 *", "UTC").next(0), undefined));
});

describe("what is no schedule", () => {
  for (const text of [
    "",
    "* * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 7",
    "5-1 * * * *",
    "*/0 * * * *",
    "a * * * *",
    "1/2/3 * * * *",
  ]) {
    test(JSON.stringify(text), () => assert.throws(() => parseSchedule(text, "UTC")));
  }
  test("an unknown zone", () => assert.throws(() => parseSchedule("* * * * *", "Mars/Olympus"), RangeError));
});
