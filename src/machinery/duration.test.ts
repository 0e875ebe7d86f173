import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalDuration, durationMs, durationText, parseDuration } from "./duration.ts";

test("durations print as Go prints them", () => {
  const table: [string, string][] = [
    ["0", "0s"],
    ["0s", "0s"],
    ["1h30m", "1h30m0s"],
    ["90m", "1h30m0s"],
    ["60s", "1m0s"],
    ["1.5s", "1.5s"],
    [".5h", "30m0s"],
    ["1.s", "1s"],
    ["100ms", "100ms"],
    ["1500us", "1.5ms"],
    ["1µs5ns", "1.005µs"],
    ["7ns", "7ns"],
    ["-1m", "-1m0s"],
    ["+5s", "5s"],
    ["2562047h47m16.854775807s", "2562047h47m16.854775807s"],
    ["-9223372036854775808ns", "-2562047h47m16.854775808s"],
  ];
  for (const [text, canonical] of table) {
    assert.equal(canonicalDuration(text), canonical, text);
    assert.equal(canonicalDuration(canonical), canonical);
  }
  assert.equal(durationMs("1.5s"), 1500);
});

test("texts that are no durations get Go's messages", () => {
  const table: [string, string][] = [
    ["", 'time: invalid duration ""'],
    ["-", 'time: invalid duration "-"'],
    ["s", 'time: invalid duration "s"'],
    [".s", 'time: invalid duration ".s"'],
    ["5", 'time: missing unit in duration "5"'],
    ["5d", 'time: unknown unit "d" in duration "5d"'],
    ["9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'],
  ];
  for (const [text, message] of table) assert.throws(() => parseDuration(text), { message }, text);
});

test("text and nanoseconds are inverse", () => {
  let value = 1n;
  for (let i = 0; i < 200; i++) {
    assert.equal(parseDuration(durationText(value)), value);
    assert.equal(parseDuration(durationText(-value)), -value);
    value = (value * 37n + BigInt(i)) % 2n ** 62n;
  }
});
