import assert from "node:assert/strict";
import { test } from "node:test";
import type { Toleration } from "../../api/core/v1/common.ts";
import { mergeTolerations } from "./merge-tolerations.ts";

test("tolerations that others cover are left out", () => {
  const all: Toleration = { operator: "Exists" };
  const a: Toleration = { key: "a", operator: "Equal", value: "1", effect: "NoSchedule" };
  const anyA: Toleration = { key: "a", operator: "Exists" };
  const minute: Toleration = { key: "n", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 };
  const hour: Toleration = { ...minute, tolerationSeconds: 3600 };
  const cases: [Toleration[], Toleration[]][] = [
    [[], []],
    [[a, a], [a]],
    [[a, anyA], [anyA]],
    [[anyA, a], [anyA]],
    [[minute, hour], [hour]],
    [[hour, minute], [hour]],
    [[a, minute, all], [all]],
    [
      [a, { ...a, value: "2" }],
      [a, { ...a, value: "2" }],
    ],
    [
      [a, { ...a, effect: "NoExecute" }],
      [a, { ...a, effect: "NoExecute" }],
    ],
  ];
  for (const [given, expected] of cases) assert.deepEqual(mergeTolerations(given), expected, JSON.stringify(given));
});
