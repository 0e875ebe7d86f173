import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldErrorText } from "../status.ts";
import { formatLabelSelector, selectorOf, validateLabelSelector } from "./label-selector.ts";
import { matchesEverything, matchesLabels, SelectorError, selectorText } from "./labels.ts";

test("an absent selector selects nothing, an empty one everything", () => {
  assert.equal(matchesLabels(selectorOf(undefined), {}), false);
  assert.equal(matchesEverything(selectorOf({})), true);
  assert.equal(formatLabelSelector(undefined), "<none>");
  assert.equal(formatLabelSelector({ matchExpressions: [{ key: "a", operator: "Near" }] }), "<error>");
});

test("labels and expressions become one selector", () => {
  const selector = {
    matchLabels: { b: "1", a: "2" },
    matchExpressions: [
      { key: "c", operator: "In", values: ["y", "x"] },
      { key: "d", operator: "DoesNotExist" },
      { key: "e", operator: "Exists" },
      { key: "f", operator: "NotIn", values: ["z"] },
    ],
  };
  assert.equal(selectorText(selectorOf(selector)), "a=2,b=1,c in (x,y),!d,e,f notin (z)");
  assert.throws(() => selectorOf({ matchExpressions: [{ key: "a", operator: "in" }] }), new SelectorError('"in" is not a valid label selector operator'));
});

test("selectors of objects are validated", () => {
  const errors = validateLabelSelector(
    {
      matchExpressions: [
        { key: "a", operator: "In" },
        { key: "b", operator: "Exists", values: ["x"] },
        { key: "c", operator: "Near" },
      ],
    },
    "spec.selector",
  );
  assert.deepEqual(errors.map(fieldErrorText), [
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    'spec.selector.matchExpressions[2].operator: Invalid value: "Near": not a valid selector operator',
  ]);
  assert.equal(validateLabelSelector({ matchLabels: { a: "b c" } }, "s").length, 1);
  assert.deepEqual(validateLabelSelector(undefined, "s"), []);
});
