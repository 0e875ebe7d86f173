/**
 * The FlowSchemas and PriorityLevelConfigurations that every cluster starts with (k8s.io/apiserver
 * pkg/apis/flowcontrol/bootstrap). Without the mandatory ones a request could belong nowhere.
 */
import { type FlowSchema, type FlowSchemaSpec, flowSchemas, type PolicyRulesWithSubjects, type Subject } from "../../api/flowcontrol/v1/flow-schema.ts";
import { mandatoryFlowSchemaSpecs, mandatoryPriorityLevelSpecs } from "../../api/flowcontrol/v1/mandatory.ts";
import {
  type PriorityLevelConfiguration,
  type PriorityLevelConfigurationSpec,
  priorityLevelConfigurations,
} from "../../api/flowcontrol/v1/priority-level-configuration.ts";
import { apiVersionOf } from "../../machinery/object.ts";

/** "true": the server may bring the spec up to date. Absent on an object nobody has changed means the same. */
export const autoUpdateAnnotation = "apf.kubernetes.io/autoupdate-spec";

export const mandatoryNames: ReadonlySet<string> = new Set(mandatoryFlowSchemaSpecs.keys());

interface QueueShape {
  readonly queues: number;
  readonly handSize: number;
}

const wide: QueueShape = { queues: 128, handSize: 6 };
const medium: QueueShape = { queues: 64, handSize: 6 };
const small: QueueShape = { queues: 16, handSize: 4 };

export const defaultPriorityLevels: readonly PriorityLevelConfiguration[] = [
  ...[...mandatoryPriorityLevelSpecs].map(([name, spec]) => level(name, spec)),
  queuing("system", 30, 33, medium),
  queuing("node-high", 40, 25, medium),
  queuing("leader-election", 10, 0, small),
  queuing("workload-high", 40, 50, wide),
  queuing("workload-low", 100, 90, wide),
  queuing("global-default", 20, 50, wide),
];

const everything: Omit<PolicyRulesWithSubjects, "subjects"> = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};
const leaseWriting = ["get", "create", "update"];
const everybody = [group("system:unauthenticated"), group("system:authenticated")];
const controllerManager = user("system:kube-controller-manager");
const scheduler = user("system:kube-scheduler");
const kubeSystemAccount = (name: string): Subject => ({ kind: "ServiceAccount", serviceAccount: { namespace: "kube-system", name } });

function leases(...subjects: Subject[]): PolicyRulesWithSubjects {
  return { subjects, resourceRules: [namespaced(leaseWriting, "coordination.k8s.io", ["leases"])] };
}

export const defaultFlowSchemas: readonly FlowSchema[] = [
  ...[...mandatoryFlowSchemaSpecs].map(([name, spec]) => withSpec(name, spec)),
  schema("probes", "exempt", 2, undefined, {
    subjects: everybody,
    nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
  }),
  schema("system-leader-election", "leader-election", 100, "ByUser", leases(controllerManager, scheduler, kubeSystemAccount("*"))),
  schema("endpoint-controller", "workload-high", 150, "ByUser", {
    subjects: [controllerManager, kubeSystemAccount("endpoint-controller"), kubeSystemAccount("endpointslicemirroring-controller")],
    resourceRules: [namespaced(leaseWriting, "", ["endpoints"])],
  }),
  schema("workload-leader-election", "leader-election", 200, "ByUser", leases(kubeSystemAccount("*"))),
  schema("system-node-high", "node-high", 400, "ByUser", {
    subjects: [group("system:nodes")],
    resourceRules: [{ ...namespaced(["*"], "", ["nodes", "nodes/status"]), clusterScope: true }, namespaced(["*"], "coordination.k8s.io", ["leases"])],
  }),
  schema("system-nodes", "system", 500, "ByUser", { subjects: [group("system:nodes")], ...everything }),
  schema("kube-controller-manager", "workload-high", 800, "ByNamespace", { subjects: [controllerManager], ...everything }),
  schema("kube-scheduler", "workload-high", 800, "ByNamespace", { subjects: [scheduler], ...everything }),
  schema("kube-system-service-accounts", "workload-high", 900, "ByNamespace", { subjects: [kubeSystemAccount("*")], ...everything }),
  schema("service-accounts", "workload-low", 9000, "ByUser", { subjects: [group("system:serviceaccounts")], ...everything }),
  schema("global-default", "global-default", 9900, "ByUser", { subjects: everybody, ...everything }),
];

function metadata(name: string) {
  return { name, annotations: { [autoUpdateAnnotation]: "true" } };
}

function level(name: string, spec: PriorityLevelConfigurationSpec): PriorityLevelConfiguration {
  return {
    apiVersion: apiVersionOf(priorityLevelConfigurations),
    kind: "PriorityLevelConfiguration",
    metadata: metadata(name),
    spec,
  } as unknown as PriorityLevelConfiguration;
}

function queuing(name: string, nominalConcurrencyShares: number, lendablePercent: number, shape: QueueShape): PriorityLevelConfiguration {
  const limitResponse = { type: "Queue", queuing: { ...shape, queueLengthLimit: 50 } };
  return level(name, { type: "Limited", limited: { nominalConcurrencyShares, lendablePercent, limitResponse } });
}

function schema(name: string, levelName: string, matchingPrecedence: number, distinguisher: string | undefined, rule: PolicyRulesWithSubjects): FlowSchema {
  const spec = {
    priorityLevelConfiguration: { name: levelName },
    matchingPrecedence,
    ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
    rules: [rule],
  };
  return withSpec(name, spec);
}

function withSpec(name: string, spec: FlowSchemaSpec): FlowSchema {
  return { apiVersion: apiVersionOf(flowSchemas), kind: "FlowSchema", metadata: metadata(name), spec } as unknown as FlowSchema;
}

function namespaced(verbs: string[], apiGroup: string, resources: string[]) {
  return { verbs: [...verbs], apiGroups: [apiGroup], resources, namespaces: ["*"] };
}

function group(name: string): Subject {
  return { kind: "Group", group: { name } };
}

function user(name: string): Subject {
  return { kind: "User", user: { name } };
}
