import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesNode, matchesTerm } from "./node-selector.ts";

const node = { metadata: { name: "node-1", labels: { zone: "east", cores: "8" } } };

test("requirements hold as their operators say", () => {
  const cases: [string, string, string[], boolean][] = [
    ["zone", "In", ["west", "east"], true],
    ["zone", "NotIn", ["east"], false],
    ["rack", "NotIn", ["r1"], true],
    ["rack", "In", ["r1"], false],
    ["zone", "Exists", [], true],
    ["rack", "DoesNotExist", [], true],
    ["cores", "Gt", ["4"], true],
    ["cores", "Lt", ["4"], false],
    ["zone", "Gt", ["4"], false],
    ["zone", "Near", ["east"], false],
  ];
  for (const [key, operator, values, expected] of cases)
    assert.equal(matchesTerm({ matchExpressions: [{ key, operator, values }] }, node), expected, `${key} ${operator} ${values}`);
});

test("terms are alternatives, their requirements all needed, and an empty term matches nothing", () => {
  const pod = (nodeSelectorTerms: Parameters<typeof matchesTerm>[0][]) => ({
    spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } },
  });
  const byName = { matchFields: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] };
  assert.equal(matchesNode(pod([{}, byName]), node), true);
  assert.equal(matchesNode(pod([{}]), node), false);
  assert.equal(matchesNode(pod([{ ...byName, matchExpressions: [{ key: "zone", operator: "In", values: ["west"] }] }]), node), false);
  assert.equal(matchesNode({ spec: { nodeSelector: { zone: "east" } } }, node), true);
  assert.equal(matchesNode({ spec: { nodeSelector: { zone: "west" } } }, node), false);
});
