import assert from "node:assert/strict";
import { test } from "node:test";
import { conformingErrors } from "./conformance-errors.ts";
import { activation, shown, testEnvironment } from "./conformance-fixtures.ts";
import { conformingValues } from "./conformance-values.ts";

test("expressions have the values and the costs that they have in Kubernetes", () => {
  for (const [expression, value, cost] of conformingValues) {
    const { program, issues } = testEnvironment.compile(expression);
    assert.ok(program !== undefined, `${expression}: ${issues?.[0]?.message}`);
    const outcome = program.evaluate(activation);
    assert.deepEqual(["value" in outcome ? shown(outcome.value) : outcome.error?.message, outcome.cost], [value, cost], expression);
  }
});

test("expressions that are wrong are told so in the words of Kubernetes", () => {
  for (const [expression, error] of conformingErrors) assert.equal(problemOf(expression), error, expression);
});

function problemOf(expression: string): string {
  const compiled = testEnvironment.compile(expression);
  // Of a single issue, the lines that show the place go without saying.
  if (compiled.program === undefined) return compiled.text.includes("\nERROR") ? compiled.text : compiled.text.replace(/\n \|.*$/gs, "");
  return `error: ${compiled.program.evaluate(activation).error?.message}`;
}
