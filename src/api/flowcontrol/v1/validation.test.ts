import assert from "node:assert/strict";
import { test } from "node:test";
import { copyJson } from "../../../machinery/json.ts";
import { fieldErrorText } from "../../../machinery/status.ts";
import type { FlowSchema, FlowSchemaSpec, PolicyRulesWithSubjects } from "./flow-schema.ts";
import { mandatoryFlowSchemaSpecs, mandatoryPriorityLevelSpecs } from "./mandatory.ts";
import type { PriorityLevelConfiguration, PriorityLevelConfigurationSpec } from "./priority-level-configuration.ts";
import { flowSchemaErrors, priorityLevelConfigurationErrors } from "./validation.ts";

const user: PolicyRulesWithSubjects["subjects"][number] = { kind: "User", user: { name: "*" } };
const schema = (spec: Partial<FlowSchemaSpec>, name = "a") =>
  ({ metadata: { name }, spec: { priorityLevelConfiguration: { name: "p" }, matchingPrecedence: 5, ...spec } }) as unknown as FlowSchema;
const rule = (rest: Partial<PolicyRulesWithSubjects>) => schema({ rules: [{ subjects: [user], ...rest }] });
const resource = { verbs: ["get"], apiGroups: [""], resources: ["pods"], namespaces: ["a"] };
const fixedSchema = (name: string, change: Partial<FlowSchemaSpec> = {}) => schema({ ...mandatoryFlowSchemaSpecs.get(name), ...change }, name);

test("flow schemas, in the words of Kubernetes", () => {
  const at = "spec.rules[0]";
  const star = (what: string) => `if '*' is present, must not specify other ${what}`;
  const cases: [FlowSchema, string[]][] = [
    [rule({ resourceRules: [resource] }), []],
    [schema({ priorityLevelConfiguration: { name: "" } }), ["spec.priorityLevelConfiguration.name: Required value: must reference a priority level"]],
    [schema({ matchingPrecedence: 1 }), ["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"]],
    [
      rule({ resourceRules: [{ ...resource, verbs: ["get", "eat"] }] }),
      [
        `${at}.resourceRules[0].verbs: Unsupported value: ["get","eat"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`,
      ],
    ],
    [
      rule({ resourceRules: [{ ...resource, apiGroups: [], resources: [], namespaces: [] }] }),
      [
        `${at}.resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group`,
        `${at}.resourceRules[0].resources: Required value: resource rules must supply at least one resource`,
        `${at}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
      ],
    ],
    [
      rule({ resourceRules: [{ ...resource, apiGroups: ["*", "a"], namespaces: ["*", "a"] }] }),
      [
        `${at}.resourceRules[0].apiGroups: Invalid value: ["*","a"]: ${star("api groups")}`,
        `${at}.resourceRules[0].namespaces: Invalid value: ["*","a"]: ${star("namespaces")}`,
      ],
    ],
    [
      rule({ nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["x", "/a b", "/a//b", "/a*", "/*/*", "/a/*", "/"] }] }),
      [
        `${at}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash`,
        `${at}.nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a b": must not contain white-space`,
        `${at}.nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a//b": must not contain double slash`,
        `${at}.nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a*": wildcard can only do suffix matching`,
        `${at}.nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/*/*": wildcard can only do suffix matching`,
      ],
    ],
    [fixedSchema("exempt"), []],
    [fixedSchema("catch-all"), []],
  ];
  for (const [object, expected] of cases) assert.deepEqual(flowSchemaErrors(object).map(fieldErrorText), expected);
  assert.match(
    flowSchemaErrors(fixedSchema("catch-all", { matchingPrecedence: 7 }))
      .map(fieldErrorText)
      .join(),
    /spec of 'catch-all' must equal the fixed value$/,
  );
});

test("priority levels, in the words of Kubernetes", () => {
  const level = (spec: PriorityLevelConfigurationSpec, name = "a") => ({ metadata: { name }, spec }) as unknown as PriorityLevelConfiguration;
  const fixed = (name: string, change: Partial<PriorityLevelConfigurationSpec> = {}) =>
    level({ ...copyJson(mandatoryPriorityLevelSpecs.get(name) as PriorityLevelConfigurationSpec), ...change }, name);
  const reject = { limitResponse: { type: "Reject" } };
  const kind = "type must be 'Exempt' if and only if name is 'exempt'";
  const cases: [PriorityLevelConfiguration, string[]][] = [
    [level({ type: "Limited", limited: reject }), []],
    [fixed("exempt"), []],
    [fixed("catch-all"), []],
    [fixed("exempt", { exempt: { nominalConcurrencyShares: 3, lendablePercent: 50 } }), []],
    [
      fixed("exempt", { exempt: { nominalConcurrencyShares: -1, lendablePercent: 101 } }),
      [
        "spec.exempt.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
        "spec.exempt.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
      ],
    ],
    [
      fixed("exempt", { limited: reject }),
      [
        "spec.limited: Forbidden: must be nil if the type is not Limited",
        'spec: Invalid value: {"type":"Exempt","exempt":{"nominalConcurrencyShares":0,"lendablePercent":0},"limited":{"limitResponse":{"type":"Reject"}}}: ' +
          "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value",
      ],
    ],
    [level({ type: "Exempt" }), [`spec.type: Invalid value: "Exempt": ${kind}`]],
    [
      level({ type: "Limited", exempt: {} }),
      ["spec.exempt: Forbidden: must be nil if the type is Limited", "spec.limited: Required value: must not be empty when type is Limited"],
    ],
    [
      level({ type: "Limited", limited: { ...reject, nominalConcurrencyShares: -1, lendablePercent: -1, borrowingLimitPercent: -1 } }),
      [
        "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
        "spec.limited.lendablePercent: Invalid value: -1: must be between 0 and 100, inclusive",
        "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
      ],
    ],
  ];
  for (const [object, expected] of cases) assert.deepEqual(priorityLevelConfigurationErrors(object).map(fieldErrorText), expected);
});
