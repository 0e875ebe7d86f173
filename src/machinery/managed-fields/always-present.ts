/**
 * Fields that every object has in Kubernetes' own representation, because there they are values, not pointers, and are
 * written even when empty: `spec` of a new Deployment is not "added", it was always there, so nobody owns the field
 * itself, only what is in it; and who adds a container adds its `resources` too. Clients see this in managedFields:
 * `f:strategy` without, `f:rollingUpdate` with the marker `.`. Taken from the types of k8s.io/api 0.36, all of them.
 */
import { zeroScalar } from "../decode-scalar.ts";
import { keepsZero } from "../pointers.ts";
import type { FieldSchema } from "../schema.ts";

const structValues: ReadonlySet<string> = new Set([
  "metadata",
  "spec",
  "status",
  "template",
  "jobTemplate",
  "strategy",
  "updateStrategy",
  "loadBalancer",
  "nodeInfo",
  "daemonEndpoints",
  "kubeletEndpoint",
  "source",
  "deprecatedSource",
  "resources",
  "clientConfig",
  "names",
  "acceptedNames",
  "devices",
  "pool",
  "scaleTargetRef",
  "limitResponse",
  "priorityLevelConfiguration",
]);

/** Same names, but pointers. By message, without the package. */
const pointers: ReadonlySet<string> = new Set(["ReplicationControllerSpec.template", "PodSpec.resources", "PodStatus.resources", "ContainerStatus.resources"]);

const metricSource = ["ObjectMetricSource", "PodsMetricSource", "ResourceMetricSource", "ExternalMetricSource", "ContainerResourceMetricSource"];
const metricStatus = ["ObjectMetricStatus", "PodsMetricStatus", "ResourceMetricStatus", "ExternalMetricStatus", "ContainerResourceMetricStatus"];
const withMetric = ["ObjectMetricSource", "PodsMetricSource", "ExternalMetricSource", "ObjectMetricStatus", "PodsMetricStatus", "ExternalMetricStatus"];

/** Struct values under names that are pointers elsewhere. */
const furtherStructs: ReadonlySet<string> = new Set([
  "Binding.target",
  "ClusterRoleBinding.roleRef",
  "ContainerStatus.lastState",
  "ContainerStatus.state",
  "Endpoint.conditions",
  "Event.involvedObject",
  "Event.regarding",
  "HTTPIngressPath.backend",
  "IngressServiceBackend.port",
  "NetworkPolicySpec.podSelector",
  "ObjectMetricSource.describedObject",
  "ObjectMetricStatus.describedObject",
  "PreferredSchedulingTerm.preference",
  "RoleBinding.roleRef",
  "WeightedPodAffinityTerm.podAffinityTerm",
  ...metricSource.map((name) => `${name}.target`),
  ...metricStatus.map((name) => `${name}.current`),
  ...withMetric.map((name) => `${name}.metric`),
]);

/** Lists that are written as null when empty, though not required. */
const furtherLists: ReadonlySet<string> = new Set([
  "AllocatedDeviceStatus.conditions",
  "CSINodeDriver.topologyKeys",
  "ClusterRole.rules",
  "ContainerImage.names",
  "DeviceClaim.requests",
  "EndpointSlice.endpoints",
  "EndpointSlice.ports",
  "HorizontalPodAutoscalerStatus.currentMetrics",
  "ProjectedVolumeSource.sources",
  "ResourcePolicyRule.namespaces",
  "Role.rules",
]);

/** Required, but left out when empty. */
const omittedLists: ReadonlySet<string> = new Set([
  "CounterSet.counters",
  "DeviceCounterConsumption.counters",
  "ValidatingAdmissionPolicyBindingSpec.validationActions",
]);

const furtherScalars: ReadonlySet<string> = new Set([
  "Event.reportingComponent",
  "Event.reportingInstance",
  "FlowSchemaSpec.matchingPrecedence",
  "NodeRuntimeHandler.name",
  "PodDisruptionBudgetStatus.currentHealthy",
  "PodDisruptionBudgetStatus.desiredHealthy",
  "PodDisruptionBudgetStatus.disruptionsAllowed",
  "PodDisruptionBudgetStatus.expectedPods",
  "PodFailurePolicyOnPodConditionsPattern.status",
  "PriorityClass.value",
  "QueuingConfiguration.handSize",
  "QueuingConfiguration.queueLengthLimit",
  "QueuingConfiguration.queues",
  "ResourceFieldSelector.divisor",
  "RoleRef.apiGroup",
  "ServicePort.targetPort",
  "StatefulSetOrdinals.start",
  "StatefulSetSpec.serviceName",
  "StatefulSetStatus.availableReplicas",
]);

/** Pointers that are written as null when there is nothing to point to. */
const nullPointers: ReadonlySet<string> = new Set([
  "AzureFilePersistentVolumeSource.secretNamespace",
  "CapacityRequestPolicy.default",
  "DaemonSetSpec.selector",
  "DeploymentSpec.selector",
  "GRPCAction.service",
  "HTTPIngressPath.pathType",
  "IngressClassParametersReference.scope",
  "LimitedPriorityLevelConfiguration.nominalConcurrencyShares",
  "MutatingWebhook.sideEffects",
  "ReplicaSetSpec.selector",
  "ScaleIOPersistentVolumeSource.secretRef",
  "ScaleIOVolumeSource.secretRef",
  "StatefulSetSpec.selector",
  "TokenRequestSpec.boundObjectRef",
  "TokenRequestSpec.expirationSeconds",
  "TypedLocalObjectReference.apiGroup",
  "TypedObjectReference.apiGroup",
  "ValidatingWebhook.sideEffects",
]);

/** Required, but left out when not set. */
const omittedPointer = "CapacityRequestPolicyRange.min";

/** Times that are values, not pointers: null when unset. By field, as nearly all are; pointers by message below. */
const timeValues: ReadonlySet<string> = new Set([
  "deprecatedFirstTimestamp",
  "deprecatedLastTimestamp",
  "eventTime",
  "finishedAt",
  "firstTimestamp",
  "lastHeartbeatTime",
  "lastObservedTime",
  "lastProbeTime",
  "lastTimestamp",
  "lastTransitionTime",
  "lastUpdateTime",
]);
const furtherTimes: ReadonlySet<string> = new Set(["ContainerStateRunning.startedAt", "ContainerStateTerminated.startedAt", "VolumeError.time"]);

const emptyObject: object = Object.freeze({});
const emptyList: readonly unknown[] = Object.freeze([]);

/** What the field is in an object that does not mention it; undefined for a field that is not there then. */
export function valueWhenAbsent(message: string, name: string, field: FieldSchema): unknown {
  const id = `${message.slice(message.lastIndexOf(".") + 1)}.${name}`;
  if (nullPointers.has(id)) return null;
  switch (field.kind) {
    case "message":
      return (structValues.has(name) && !pointers.has(id)) || furtherStructs.has(id) ? emptyObject : undefined;
    case "list":
      return isWritten(id, field) ? emptyList : undefined;
    case "map":
      return isWritten(id, field) ? emptyObject : undefined;
    case "scalar":
      return hasZero(message, name, id, field) ? zeroScalar[field.type] : undefined;
  }
}

/** Whether Go writes null for the field when nobody has set it. */
export function nilWhenAbsent(message: string, name: string, field: FieldSchema): boolean {
  const absent = valueWhenAbsent(message, name, field);
  return field.kind === "list" || field.kind === "map" ? absent !== undefined : absent === null;
}

/** Status and what it consists of: nothing there has to be valid, so what is missing shows. */
const reported = /(?:Status|Condition|NodeSystemInfo|DaemonEndpoint)$/;
/** A struct of its own, or defaulted by the kind. */
const elsewhere: ReadonlySet<string> = new Set(["metadata", "spec", "status", "template", "jobTemplate"]);
const filledByKind: ReadonlySet<string> = new Set(["ResourceFieldSelector.divisor", "RoleRef.apiGroup", "ServicePort.targetPort"]);

/** The zero or empty struct that objects show for a field which nobody has set and no default fills; undefined for none. */
export function zeroWhenAbsent(message: string, name: string, field: FieldSchema): unknown {
  const id = `${message.slice(message.lastIndexOf(".") + 1)}.${name}`;
  if (field.kind === "list" || field.kind === "map" || elsewhere.has(name) || filledByKind.has(id)) return undefined;
  if (field.kind === "scalar" && field.options.required === true && !reported.test(message)) return undefined;
  return valueWhenAbsent(message, name, field) ?? undefined;
}

function isWritten(id: string, field: FieldSchema): boolean {
  return field.options.required === true ? !omittedLists.has(id) : furtherLists.has(id);
}

function hasZero(message: string, name: string, id: string, field: FieldSchema): boolean {
  if (field.kind === "scalar" && (field.type === "time" || field.type === "microTime")) return timeValues.has(name) || furtherTimes.has(id);
  if (field.options.required !== true) return furtherScalars.has(id);
  return keepsZero(message, name, true) && id !== omittedPointer;
}
