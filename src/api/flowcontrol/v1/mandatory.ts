/** What the server cannot do without: the specs of the objects named `exempt` and `catch-all` are fixed. */
import type { FlowSchemaSpec, PolicyRulesWithSubjects } from "./flow-schema.ts";
import type { PriorityLevelConfigurationSpec } from "./priority-level-configuration.ts";

const everything: Omit<PolicyRulesWithSubjects, "subjects"> = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};

function groups(...names: string[]): PolicyRulesWithSubjects["subjects"] {
  return names.map((name) => ({ kind: "Group", group: { name } }));
}

export const mandatoryFlowSchemaSpecs: ReadonlyMap<string, FlowSchemaSpec> = new Map([
  ["exempt", { priorityLevelConfiguration: { name: "exempt" }, matchingPrecedence: 1, rules: [{ subjects: groups("system:masters"), ...everything }] }],
  [
    "catch-all",
    {
      priorityLevelConfiguration: { name: "catch-all" },
      matchingPrecedence: 10_000,
      distinguisherMethod: { type: "ByUser" },
      rules: [{ subjects: groups("system:unauthenticated", "system:authenticated"), ...everything }],
    },
  ],
]);

export const mandatoryPriorityLevelSpecs: ReadonlyMap<string, PriorityLevelConfigurationSpec> = new Map([
  ["exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }],
  ["catch-all", { type: "Limited", limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } } }],
]);
