/** The pod that a DaemonSet puts on a node, and whether it belongs there. */
import type { DaemonSet } from "../../api/apps/v1/daemon-set.ts";
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import { daemonSets } from "../../client/resources.ts";
import { matchesNode } from "../../machinery/node-selector.ts";
import type { Draft } from "../../machinery/object.ts";
import { firstUntolerated } from "../../machinery/tolerations.ts";
import { revisionHashLabel } from "../shared/history.ts";
import { controllerReference } from "../shared/owners.ts";
import { podFromTemplate } from "../shared/pod-template.ts";

/** Daemons keep nodes in order: they stay, and start, on nodes in trouble. */
const daemonTolerations: PodSpec["tolerations"] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const hostNetworkTolerations: PodSpec["tolerations"] = [{ key: "node.kubernetes.io/network-unavailable", operator: "Exists", effect: "NoSchedule" }];

const templateGenerationAnnotation = "deprecated.daemonset.template.generation";
const templateGenerationLabel = "pod-template-generation";

function tolerationsOf(spec: Pick<PodSpec, "hostNetwork" | "tolerations"> | undefined): NonNullable<PodSpec["tolerations"]> {
  const added = [...(daemonTolerations ?? []), ...(spec?.hostNetwork === true ? (hostNetworkTolerations ?? []) : [])];
  const own = (spec?.tolerations ?? []).filter(
    (item) => !added.some((other) => other.key === item.key && other.effect === item.effect && (item.operator ?? "Equal") === other.operator),
  );
  return [...own, ...added];
}

export interface NodeVerdict {
  /** A pod should be started there. */
  readonly shouldRun: boolean;
  /** A pod that is there may stay. */
  readonly mayStay: boolean;
}

export function judgeNode(set: DaemonSet, node: Node): NodeVerdict {
  const spec = set.spec.template.spec ?? { containers: [] };
  if ((spec.nodeName ?? "") !== "" && spec.nodeName !== node.metadata.name) return { shouldRun: false, mayStay: false };
  if (!matchesNode({ spec }, node)) return { shouldRun: false, mayStay: false };
  const tolerations = tolerationsOf(spec);
  if (firstUntolerated(node.spec.taints, tolerations, ["NoSchedule", "NoExecute"]) === undefined) return { shouldRun: true, mayStay: true };
  return { shouldRun: false, mayStay: firstUntolerated(node.spec.taints, tolerations, ["NoExecute"]) === undefined };
}

/** The scheduler binds it; the affinity leaves it no other node. */
export function daemonPod(set: DaemonSet, nodeName: string, hash: string): Draft<Pod> {
  const draft = podFromTemplate(set.spec.template, set, controllerReference(set, daemonSets));
  const generation = set.metadata.annotations?.[templateGenerationAnnotation];
  const labels = { ...draft.metadata.labels, ...(generation === undefined ? {} : { [templateGenerationLabel]: generation }), [revisionHashLabel]: hash };
  const required = { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] }] };
  const nodeAffinity = { ...draft.spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required };
  const spec = { ...draft.spec, affinity: { ...draft.spec.affinity, nodeAffinity }, tolerations: tolerationsOf(draft.spec) };
  return { metadata: { ...draft.metadata, labels }, spec };
}

/** The node that the pod is on or waits for; undefined for a pod that names none. */
export function targetNode(pod: Pod): string | undefined {
  if ((pod.spec.nodeName ?? "") !== "") return pod.spec.nodeName;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    const named = matchFields.find((field) => field.key === "metadata.name" && field.operator === "In" && field.values?.length === 1);
    if (named !== undefined) return named.values?.[0];
  }
  return undefined;
}
