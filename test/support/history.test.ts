import assert from "node:assert/strict";
import { test } from "node:test";
import { type Followed, judge, type Written } from "./history.ts";

/** Three counts of one writer, the last without an answer. */
const written: Written = {
  name: "a",
  acknowledged: [
    { count: 1, revision: 10 },
    { count: 2, revision: 20 },
  ],
  unknown: 1,
  reads: 0,
  longestPauseMs: 0,
};
const event = (count: number, revision: number) => ({ name: "a", count, revision });
const followed = (...events: Followed["events"]): Followed => ({ events, resumed: 1 });

test("a history is sound with or without the write that had no answer", () => {
  judge([written], followed(event(1, 10), event(2, 20)));
  judge([written], followed(event(1, 10), event(2, 20), event(3, 30)));
});

for (const [what, message, ...events] of [
  ["an event that is lost", /every count of a once and in order/, event(1, 10), event(3, 30)],
  ["an acknowledged write that is lost", /count 2 of a was acknowledged/, event(1, 10)],
  ["an acknowledged write undone by another", /count 2 of a was acknowledged/, event(1, 10), event(2, 30)],
  ["an event that is repeated", /revisions of events only grow/, event(1, 10), event(1, 10), event(2, 20)],
  ["events out of order", /revisions of events only grow/, event(2, 20), event(1, 10)],
  ["a count made twice", /every count of a once and in order/, event(1, 10), event(2, 20), event(2, 30)],
  ["writes that nobody sent", /writes that nobody sent/, event(1, 10), event(2, 20), event(3, 30), event(4, 40)],
] as const) {
  test(`a history is not sound: ${what}`, () => {
    assert.throws(() => judge([written], followed(...events)), message);
  });
}
