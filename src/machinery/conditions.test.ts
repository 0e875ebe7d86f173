import assert from "node:assert/strict";
import { test } from "node:test";
import { conditionIsTrue, validateConditions, withCondition } from "./conditions.ts";
import { fieldErrorText } from "./status.ts";

const ready = { type: "Ready", status: "True", reason: "Up", message: "", lastTransitionTime: "2024-01-01T00:00:00Z" };

test("conditions are validated with Kubernetes' messages", () => {
  assert.deepEqual(validateConditions([ready], "status.conditions"), []);
  assert.deepEqual(validateConditions([ready, { type: "Ready", status: "Maybe", observedGeneration: -1, reason: "1" }], "c").map(fieldErrorText), [
    'c[1].type: Duplicate value: "Ready"',
    'c[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
    "c[1].observedGeneration: Invalid value: -1: must be greater than or equal to zero",
    "c[1].lastTransitionTime: Required value: must be set",
    "c[1].reason: Invalid value: \"1\": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
  ]);
});

test("setting a condition keeps the time of its last transition while its status stays", () => {
  const now = "2024-02-02T00:00:00Z";
  const other: { type: string; status: string; message?: string; lastTransitionTime?: string } = { type: "Other", status: "False" };
  assert.deepEqual(withCondition([other, ready], { ...ready, message: "new", lastTransitionTime: now }, now), [other, { ...ready, message: "new" }]);
  assert.deepEqual(withCondition([ready], { ...ready, status: "False", lastTransitionTime: undefined as never }, now)[0]?.lastTransitionTime, now);
  assert.deepEqual(withCondition(undefined, other, now), [{ ...other, lastTransitionTime: now }]);
  assert.equal(conditionIsTrue([other, ready], "Ready"), true);
  assert.equal(conditionIsTrue([other, ready], "Other"), false);
});
