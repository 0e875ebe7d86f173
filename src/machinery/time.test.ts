import assert from "node:assert/strict";
import { test } from "node:test";
import { ageText, canonicalMicroTime, canonicalTime, humanDuration, microTimeText, readInstant, timeMs, timeText } from "./time.ts";

test("times are written in UTC, agreeing with Date", () => {
  for (const text of [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00Z",
    "2000-02-29T12:00:00Z",
    "2026-11-21T03:04:29Z",
    "9999-12-31T23:59:59Z",
  ]) {
    assert.equal(canonicalTime(text), text);
    assert.equal(timeMs(text), Date.parse(text), text);
    assert.equal(timeText(Date.parse(text)), text);
  }
  for (let ms = Date.parse("1890-01-01T00:00:00Z"); ms < Date.parse("2110-01-01T00:00:00Z"); ms += 86_400_000 * 3 + 12_345_678) {
    assert.equal(timeText(ms), `${new Date(ms).toISOString().slice(0, 19)}Z`);
    assert.equal(timeMs(new Date(ms).toISOString()), ms);
  }
});

test("times are normalised to UTC seconds", () => {
  assert.equal(canonicalTime("2024-01-01T01:30:00.999+02:00"), "2023-12-31T23:30:00Z");
  assert.equal(canonicalTime("2024-01-01T00:00:00-00:30"), "2024-01-01T00:30:00Z");
  assert.equal(canonicalMicroTime("2024-01-01T01:30:00.123456+01:00"), "2024-01-01T00:30:00.123456Z");
  assert.equal(canonicalMicroTime("0001-01-01T00:00:00.000000Z"), "0001-01-01T00:00:00.000000Z");
  assert.equal(microTimeText(1_700_000_000_123), "2023-11-14T22:13:20.123000Z");
  assert.equal(microTimeText(1_700_000_000_123.5), "2023-11-14T22:13:20.123500Z");
  assert.deepEqual(readInstant("1970-01-01T00:00:01.5Z"), { seconds: 1, nanos: 500_000_000 });
  assert.equal(timeMs(undefined), undefined);
  assert.equal(timeMs("yesterday"), undefined);
});

test("unreadable times get Go's messages", () => {
  const layout = '"2006-01-02T15:04:05Z07:00"';
  const table: [string, string][] = [
    ["", `parsing time "" as ${layout}: cannot parse "" as "2006"`],
    ["yesterday", `parsing time "yesterday" as ${layout}: cannot parse "yesterday" as "2006"`],
    ["2024-01-01", `parsing time "2024-01-01" as ${layout}: cannot parse "" as "T"`],
    ["2024-01-01T00:00:00", `parsing time "2024-01-01T00:00:00" as ${layout}: cannot parse "" as "Z07:00"`],
    ["2024-13-01T00:00:00Z", 'parsing time "2024-13-01T00:00:00Z": month out of range'],
    ["2023-02-29T00:00:00Z", 'parsing time "2023-02-29T00:00:00Z": day out of range'],
    ["2023-02-28T24:00:00Z", 'parsing time "2023-02-28T24:00:00Z": hour out of range'],
    ["2023-02-28T20:00:00Z!", 'parsing time "2023-02-28T20:00:00Z!": extra text: "!"'],
  ];
  for (const [text, message] of table) assert.throws(() => canonicalTime(text), { message }, text);
  assert.throws(() => canonicalMicroTime("2024-01-01T00:00:00Z"), {
    message: 'parsing time "2024-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
  });
});

test("ages read as kubectl's", () => {
  const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000];
  const table: [number, string][] = [
    [-3 * s, "<invalid>"],
    [-1 * s, "0s"],
    [0, "0s"],
    [5999, "5s"],
    [119 * s, "119s"],
    [120 * s, "2m"],
    [123 * s, "2m3s"],
    [10 * m, "10m"],
    [179 * m, "179m"],
    [3 * h, "3h"],
    [3 * h + 5 * m, "3h5m"],
    [47 * h, "47h"],
    [48 * h, "2d"],
    [50 * h, "2d2h"],
    [8 * d, "8d"],
    [729 * d, "729d"],
    [730 * d, "2y"],
    [800 * d, "2y70d"],
    [9 * 365 * d, "9y"],
  ];
  for (const [ms, text] of table) assert.equal(humanDuration(ms), text, String(ms));
  assert.equal(ageText(undefined, 0), "<unknown>");
  assert.equal(ageText("1970-01-01T00:00:00Z", 5000), "5s");
});
