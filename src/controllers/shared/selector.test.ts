import assert from "node:assert/strict";
import { test } from "node:test";
import { isEmptySelector, matcherOf, matcherOfMap } from "./selector.ts";

test("no selector selects nothing, an empty one everything, an empty map nothing", () => {
  assert.equal(matcherOf(undefined)({}), false);
  assert.equal(matcherOf({})({ a: "b" }), true);
  assert.equal(matcherOfMap({})({ a: "b" }), false);
  assert.deepEqual([isEmptySelector(undefined), isEmptySelector({}), isEmptySelector({ matchLabels: { a: "b" } })], [true, true, false]);
});

test("maps and expressions, also when asked again", () => {
  const selector = { matchLabels: { a: "b" }, matchExpressions: [{ key: "c", operator: "In", values: ["d"] }] };
  for (let i = 0; i < 2; i++) {
    assert.equal(matcherOf(selector)({ a: "b", c: "d" }), true);
    assert.equal(matcherOf(selector)({ a: "b" }), false);
    assert.equal(matcherOf(selector)(undefined), false);
  }
  const map = { a: "b" };
  assert.deepEqual([matcherOfMap(map)({ a: "b", x: "y" }), matcherOfMap(map)({ a: "c" })], [true, false]);
});
