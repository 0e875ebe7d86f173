import assert from "node:assert/strict";
import { test } from "node:test";
import { percentOf, scaledCount } from "./int-or-string.ts";

test("percentages scale with the rounding asked for", () => {
  assert.equal(scaledCount(3, 10, "up"), 3);
  assert.equal(scaledCount("25%", 10, "up"), 3);
  assert.equal(scaledCount("25%", 10, "down"), 2);
  assert.equal(scaledCount("0%", 10, "up"), 0);
  assert.equal(scaledCount("100%", 7, "down"), 7);
  assert.equal(scaledCount("150%", 2, "up"), 3);
  assert.throws(() => scaledCount("25", 10, "up"), { message: "invalid value for IntOrString: invalid type: string is not a percentage" });
  assert.equal(percentOf("25%"), 25);
  assert.equal(percentOf("25"), undefined);
  assert.equal(percentOf(25), undefined);
});
