import assert from "node:assert/strict";
import { test } from "node:test";
import { expand, expandStrictly } from "./expansion.ts";

const values: Record<string, string> = { A: "1", B: "$(A)", EMPTY: "" };
const lookup = (name: string) => values[name];

test("references are replaced once, escapes and unknown names stay", () => {
  const cases: [text: string, expected: string][] = [
    ["$(A)-$(A)", "1-1"],
    ["$(B)", "$(A)"],
    ["$(UNKNOWN)", "$(UNKNOWN)"],
    ["$$(A)", "$(A)"],
    ["$$$(A)", "$1"],
    ["$A $ {A} $", "$A $ {A} $"],
    ["$(A", "$(A"],
    ["x$(EMPTY)y", "xy"],
  ];
  for (const [text, expected] of cases) assert.equal(expand(text, lookup), expected, text);
});

test("strict expansion refuses unknown names and takes empty values", () => {
  assert.equal(expandStrictly("$(EMPTY)/foo", lookup), "/foo");
  assert.throws(() => expandStrictly("$(X)/$(Y)", lookup), /missing value for "X", "Y"/);
});
