/** The life of a pod in the registry (pkg/registry/core/pod/strategy.go). */
import { copyJson, sameJson } from "../../../machinery/json.ts";
import type { LabelSelector } from "../../../machinery/meta.ts";
import { timeText } from "../../../machinery/time.ts";
import type { ObjectSubresource, Strategy, StrategyContext } from "../../resource.ts";
import { restore, setGeneration, subresourceVerbs } from "../../strategy.ts";
import type { PodAffinityTerm } from "./affinity.ts";
import type { Container } from "./container.ts";
import { deriveAppArmorProfiles } from "./pod.app-armor.ts";
import { defaultPod } from "./pod.defaults.ts";
import { qosClass } from "./pod.qos.ts";
import type { Pod, PodStatus } from "./pod.ts";
import { podWarnings } from "./pod.warnings.ts";
import { mirrorServiceAccount } from "./pod-spec.defaults.ts";
import { newPodErrors, podErrors } from "./validation/pod.ts";
import { resizeErrors } from "./validation/pod-resize.ts";
import { podStatusErrors } from "./validation/pod-status.ts";
import { ephemeralContainersUpdateErrors, podUpdateErrors } from "./validation/pod-update.ts";

export const podStrategy: Strategy<Pod> = {
  defaults: defaultPod,
  prepareForCreate,
  prepareForUpdate,
  validate: podErrors,
  validateCreate: newPodErrors,
  validateUpdate: podUpdateErrors,
  warnings: podWarnings,
  gracePeriodSeconds,
  returnsDeletedObject: true,
};

function prepareForCreate(pod: Pod, context: StrategyContext): void {
  pod.metadata.generation = 1;
  // Admission may have chosen the account since the defaults were set.
  mirrorServiceAccount(pod.spec);
  pod.status = { phase: "Pending", qosClass: qosClass(pod) };
  deriveAppArmorProfiles(pod);
  applySchedulingGates(pod, context);
  applyLabelKeys(pod);
}

/** A gated pod says so at once, not only when the scheduler looks at it. */
function applySchedulingGates(pod: Pod, { now }: StrategyContext): void {
  const { schedulingGates } = pod.spec;
  if (schedulingGates === undefined || schedulingGates.length === 0 || pod.status === undefined) return;
  pod.status.conditions = [
    {
      type: "PodScheduled",
      status: "False",
      reason: "SchedulingGated",
      message: "Scheduling is blocked due to non-empty scheduling gates",
      lastTransitionTime: timeText(now),
    },
  ];
}

/** KEP-3633, KEP-3243: matchLabelKeys become requirements with the pod's own values, once and for all. */
function applyLabelKeys(pod: Pod): void {
  const { affinity, topologySpreadConstraints } = pod.spec;
  if (affinity === undefined && topologySpreadConstraints === undefined) return;
  const labels = pod.metadata.labels ?? {};
  const { podAffinity, podAntiAffinity } = affinity ?? {};
  for (const terms of [podAffinity, podAntiAffinity]) {
    for (const term of terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []) applyToTerm(term, labels);
    for (const { podAffinityTerm } of terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []) applyToTerm(podAffinityTerm, labels);
  }
  for (const constraint of topologySpreadConstraints ?? []) {
    if (constraint.labelSelector !== undefined) addRequirements(constraint.labelSelector, constraint.matchLabelKeys, "In", labels);
  }
}

function applyToTerm(term: PodAffinityTerm, labels: Readonly<Record<string, string>>): void {
  if (term.labelSelector === undefined) return;
  addRequirements(term.labelSelector, term.matchLabelKeys, "In", labels);
  addRequirements(term.labelSelector, term.mismatchLabelKeys, "NotIn", labels);
}

function addRequirements(selector: LabelSelector, keys: readonly string[] = [], operator: string, labels: Readonly<Record<string, string>>): void {
  const added = keys.flatMap((key) => (labels[key] === undefined ? [] : [{ key, operator, values: [labels[key]] }]));
  if (added.length > 0) selector.matchExpressions = [...(selector.matchExpressions ?? []), ...added];
}

function prepareForUpdate(pod: Pod, old: Pod): void {
  restore(pod, old, "status");
  countGeneration(pod, old);
}

/** NO-17: every change of the spec counts, whichever subresource makes it. */
function countGeneration(pod: Pod, old: Pod): void {
  setGeneration(pod, old, !sameJson(pod.spec, old.spec));
}

/** Pods that no kubelet runs, or that have ended, need no time to stop. */
function gracePeriodSeconds(pod: Pod, requested: number | undefined): number {
  const phase = pod.status?.phase;
  if ((pod.spec.nodeName ?? "") === "" || phase === "Failed" || phase === "Succeeded") return 0;
  const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}

/** /status: kubelets once corrupted owner references and dropped the QoS class, so neither is theirs to change. */
export const podStatusSubresource: ObjectSubresource<Pod> = {
  verbs: subresourceVerbs,
  resetFields: { "f:metadata": { "f:deletionTimestamp": {}, "f:ownerReferences": {} }, "f:spec": {} },
  prepareForUpdate: (pod, old) => {
    for (const field of ["generation", "ownerReferences", "deletionTimestamp"]) restore(pod.metadata, old.metadata, field);
    restore(pod, old, "spec");
    pod.status ??= {};
    if (!pod.status.qosClass && old.status?.qosClass !== undefined) pod.status.qosClass = old.status.qosClass;
    keepObservedGenerations(pod.status, old.status ?? {});
  },
  validateUpdate: podStatusErrors,
};

/** Writers that do not know observedGeneration must not erase it. */
function keepObservedGenerations(status: PodStatus, old: PodStatus): void {
  if (!status.observedGeneration && old.observedGeneration !== undefined) status.observedGeneration = old.observedGeneration;
  for (const condition of status.conditions ?? []) {
    const before = old.conditions?.find(({ type }) => type === condition.type)?.observedGeneration;
    if (!condition.observedGeneration && before !== undefined) condition.observedGeneration = before;
  }
}

/** Takes the metadata back to what it was, but for what every write may set. */
function keepMetadata(pod: Pod, old: Pod): void {
  for (const field of ["deletionTimestamp", "generation", "labels", "annotations", "finalizers", "ownerReferences"]) {
    restore(pod.metadata, old.metadata, field);
  }
}

export const ephemeralContainersSubresource: ObjectSubresource<Pod> = {
  verbs: subresourceVerbs,
  ownedFields: { "f:spec": { "f:ephemeralContainers": {} } },
  prepareForUpdate: (pod, old) => {
    const { ephemeralContainers } = pod.spec;
    pod.spec = { ...old.spec, ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }) };
    if (ephemeralContainers === undefined) delete pod.spec.ephemeralContainers;
    restore(pod, old, "status");
    keepMetadata(pod, old);
    countGeneration(pod, old);
  },
  validateUpdate: ephemeralContainersUpdateErrors,
};

const resizable = { "f:resizePolicy": {}, "f:resources": {} };

/** /resize takes resources and resize policies; whoever adds, removes or renames containers hears of it in validation. */
export const resizeSubresource: ObjectSubresource<Pod> = {
  verbs: subresourceVerbs,
  ownedFields: { "f:spec": { "f:containers": { "*": resizable }, "f:initContainers": { "*": resizable }, "f:resources": {} } },
  prepareForUpdate: (pod, old) => {
    const { resources, containers = [], initContainers = [] } = pod.spec;
    // What is refused anyway is refused as it was sent.
    if (containers.length !== old.spec.containers.length || initContainers.length !== (old.spec.initContainers ?? []).length) return;
    pod.spec = { ...copyJson(old.spec), containers: resized(containers, old.spec.containers) };
    if (initContainers.length > 0) pod.spec.initContainers = resized(initContainers, old.spec.initContainers ?? []);
    if (resources === undefined) delete pod.spec.resources;
    else pod.spec.resources = resources;
    restore(pod, old, "status");
    keepMetadata(pod, old);
    countGeneration(pod, old);
  },
  validateUpdate: resizeErrors,
};

function resized(containers: Container[], old: readonly Container[]): Container[] {
  if (containers.some(({ name }, index) => name !== old[index]?.name)) return containers;
  return old.map((container, index) => {
    const { resources: _resources, resizePolicy: _resizePolicy, ...rest } = copyJson(container);
    const { resources, resizePolicy } = containers[index] ?? container;
    return { ...rest, ...(resources === undefined ? {} : { resources }), ...(resizePolicy === undefined ? {} : { resizePolicy }) };
  });
}
