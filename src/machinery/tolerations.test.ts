import assert from "node:assert/strict";
import { test } from "node:test";
import { firstUntolerated, tolerates } from "./tolerations.ts";

test("a toleration covers a taint when key, value and effect agree as its operator says", () => {
  const taint = { key: "dedicated", value: "5", effect: "NoSchedule" };
  const cases: [Parameters<typeof tolerates>[0], boolean][] = [
    [{ operator: "Exists" }, true],
    [{ key: "dedicated", operator: "Exists" }, true],
    [{ key: "other", operator: "Exists" }, false],
    [{ key: "dedicated", value: "5" }, true],
    [{ key: "dedicated", operator: "Equal", value: "6" }, false],
    [{ key: "dedicated", value: "5", effect: "NoSchedule" }, true],
    [{ key: "dedicated", value: "5", effect: "NoExecute" }, false],
    [{ key: "dedicated", operator: "Gt", value: "4" }, true],
    [{ key: "dedicated", operator: "Lt", value: "4" }, false],
    [{ key: "dedicated", operator: "Lt", value: "many" }, false],
  ];
  for (const [toleration, expected] of cases) assert.equal(tolerates(toleration, taint), expected, JSON.stringify(toleration));
});

test("only taints with the asked effects count", () => {
  const taints = [
    { key: "a", effect: "PreferNoSchedule" },
    { key: "b", effect: "NoExecute" },
  ];
  assert.equal(firstUntolerated(taints, [], ["NoSchedule", "NoExecute"])?.key, "b");
  assert.equal(firstUntolerated(taints, [{ operator: "Exists" }], ["NoExecute"]), undefined);
});
