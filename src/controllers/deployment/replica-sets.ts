/** A Deployment's ReplicaSets: which one is new, what the new one looks like, and the arithmetic of surge and unavailability. */
import type { Deployment } from "../../api/apps/v1/deployment.ts";
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts";
import type { PodTemplateSpec } from "../../api/core/v1/pod-spec.ts";
import { deployments } from "../../client/resources.ts";
import { scaledCount } from "../../machinery/int-or-string.ts";
import { copyJson, sameJson } from "../../machinery/json.ts";
import type { LabelSelector } from "../../machinery/meta.ts";
import { templateHash } from "../shared/hash.ts";
import { controllerReference } from "../shared/owners.ts";
import { timeMs } from "../shared/time.ts";

export const hashLabel = "pod-template-hash";

export function desiredReplicas(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== "Recreate";
}

/** Surge rounds up, unavailability down; both 0 would never move, so one pod may then be unavailable. */
export function fenceposts(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const desired = desiredReplicas(deployment);
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const maxSurge = scaledCount(rolling?.maxSurge ?? "25%", desired, "up");
  const maxUnavailable = scaledCount(rolling?.maxUnavailable ?? "25%", desired, "down");
  return { maxSurge, maxUnavailable: Math.min(maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable, desired) };
}

export function replicasOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

export function totalReplicas(sets: readonly (ReplicaSet | undefined)[]): number {
  return sets.reduce((sum, set) => sum + (set === undefined ? 0 : replicasOf(set)), 0);
}

export function totalOf(sets: readonly (ReplicaSet | undefined)[], field: "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas"): number {
  return sets.reduce((sum, set) => sum + (set?.status?.[field] ?? 0), 0);
}

/** Templates are the same when nothing but the hash label differs. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return sameJson(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { metadata = { name: "", uid: "" }, spec } = template ?? {};
  const { [hashLabel]: _, ...labels } = metadata.labels ?? {};
  const { annotations = {}, labels: __, ...rest } = metadata;
  return { spec, annotations, labels, ...pruneEmpty(rest) };
}

function pruneEmpty(metadata: object): object {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null && value !== undefined && value !== ""));
}

export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  return timeMs(a.metadata.creationTimestamp) - timeMs(b.metadata.creationTimestamp) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/** The oldest with the Deployment's template: there may be several after a collision. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...sets].sort(byCreation).find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

/** A ReplicaSet of the Deployment's template, without replicas and annotations. */
export function newSetDraft(deployment: Deployment): ReplicaSet {
  const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
  const template = copyJson(deployment.spec.template);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const metadata: Partial<ReplicaSet["metadata"]> = {
    name: `${deployment.metadata.name}-${hash}`,
    namespace: deployment.metadata.namespace ?? "",
    labels: { ...labels },
    ownerReferences: [controllerReference(deployment, deployments)],
  };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    // The server gives the uid.
    metadata: metadata as ReplicaSet["metadata"],
    spec: {
      selector: withHash(deployment.spec.selector, hash),
      template: { ...template, metadata: { ...template.metadata, labels } as NonNullable<PodTemplateSpec["metadata"]> },
      ...(deployment.spec.minReadySeconds === undefined ? {} : { minReadySeconds: deployment.spec.minReadySeconds }),
    },
  };
}

function withHash(selector: LabelSelector, hash: string): LabelSelector {
  const copy = copyJson(selector);
  return { ...copy, matchLabels: { ...copy.matchLabels, [hashLabel]: hash } };
}

/** How many replicas the new set may have now (NewRSNewReplicas): within surge when rolling, all of them when recreating. */
export function newSetReplicas(deployment: Deployment, newSetNow: number, totalNow: number): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const room = desired + fenceposts(deployment).maxSurge - totalNow;
  return room <= 0 ? newSetNow : newSetNow + Math.min(room, desired - newSetNow);
}
