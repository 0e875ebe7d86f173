import assert from "node:assert/strict";
import { test } from "node:test";
import { testEnvironment } from "./conformance-fixtures.ts";
import { estimateCost, type SizeEstimator } from "./cost-estimate.ts";

/** As many as a schema would say: lists of 10, texts of 100. */
const sizes: SizeEstimator = (path) => {
  const [variable, ...below] = path;
  if (variable === "l" || variable === "ls" || variable === "m") return below.length === 0 ? 10 : below[0] === "@items" ? 100 : 20;
  return variable === "s" && below.length === 0 ? 100 : undefined;
};

function estimate(expression: string, estimator?: SizeEstimator) {
  const { program } = testEnvironment.compile(expression);
  assert.ok(program !== undefined, expression);
  return estimateCost(program.checked, estimator);
}

test("an estimate goes by declared sizes, and is unbounded without", () => {
  const rows: readonly (readonly [expression: string, min: number, max: number])[] = [
    ["true", 0, 0],
    ["i > 1", 2, 2],
    ["s == 'abc'", 2, 2],
    ["s.startsWith('abc')", 2, 2],
    ["s.contains('0123456789')", 1, 11],
    // (100 + 1) / 10 rounded up, times 12 / 4.
    ["s.matches('^[a-z]{5}$$$')", 4, 34],
    ["l.all(x, x > 1)", 2, 2 + 10 * 5],
    ["ls.all(x, x == s)", 2, 2 + 10 * (5 + 10)],
    ["ls.map(x, x + s).size()", 13, 13 + 10 * (1 + 1 + 10 + 2 + 20)],
    ["i > 1 || s.matches('abcd')", 2, 2 + 1 + 11],
    ["i > 1 ? l.sum() : 0", 2, 2 + 1 + 10],
    ["has(typed.any.b) && m.all(k, k.size() < 9)", 2, 4 + 10 * 6],
    ["authorizer.path('/x').check('get').allowed()", 350_003, 350_003],
    ["[1, 2, 3].all(x, l.exists(y, x == y))", 20, 236],
  ];
  const found = rows.map(([expression]) => {
    const { min, max } = estimate(expression, sizes);
    return [expression, min, max];
  });
  assert.deepEqual(found, rows);
  assert.equal(estimate("l.all(x, x > 1)").max, Number.POSITIVE_INFINITY);
});

test("what an evaluation costs is no more than the estimate", () => {
  const activation = {
    s: "x".repeat(100),
    i: 7,
    l: Array.from({ length: 10 }, (_, index) => index),
    ls: Array.from({ length: 10 }, () => "y".repeat(100)),
    m: { a: 1 },
  };
  for (const expression of [
    "s.contains('xy')",
    "l.all(x, x >= 0)",
    "ls.exists(x, x == s)",
    "ls.map(x, x + s).filter(x, x.size() > 3).size()",
    "s.replace('x', 'yy').size()",
    "l.sort().reverse().sum()",
    "m.transformMap(k, v, v + 1).size()",
  ]) {
    const { program } = testEnvironment.compile(expression);
    const { cost } = program!.evaluate(activation);
    const { max } = estimate(expression, sizes);
    assert.ok(cost <= max, `${expression}: ${cost} of ${max}`);
  }
});
