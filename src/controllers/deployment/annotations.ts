/** The annotations by which a Deployment keeps its books on ReplicaSets. */
import type { Deployment } from "../../api/apps/v1/deployment.ts";
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts";
import { sameJson } from "../../machinery/json.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";

/** Books of the Deployment or its clients: never copied from Deployment to ReplicaSet. */
const notCopied = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  "deprecated.deployment.rollback.to",
]);

/** The total of old revisions kept in one annotation, in characters. */
const historyLimit = 2000;

type Annotations = Record<string, string>;

/** A revision is an int64: beyond what a JSON number holds. Absent or unreadable counts as 0. */
export function revisionOf(object: Deployment | ReplicaSet): bigint {
  return parseRevision(object.metadata.annotations?.[revisionAnnotation]) ?? 0n;
}

function parseRevision(text: string | undefined): bigint | undefined {
  return text !== undefined && /^-?[0-9]+$/.test(text) ? BigInt(text) : undefined;
}

export function maxRevision(sets: readonly ReplicaSet[]): bigint {
  let max = 0n;
  for (const revision of sets.map(revisionOf)) if (revision > max) max = revision;
  return max;
}

/** Annotations of the new ReplicaSet: the Deployment's, at `revision`, the revision it had before noted in its history. */
export function newSetAnnotations(deployment: Deployment, current: Annotations | undefined, revision: bigint): Annotations {
  const annotations: Annotations = { ...current };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!notCopied.has(key)) annotations[key] = value;
  const old = parseRevision(current?.[revisionAnnotation]);
  if (current?.[revisionAnnotation] !== undefined && old === undefined) return annotations;
  if (revision <= (old ?? 0n)) return annotations;
  annotations[revisionAnnotation] = revision.toString();
  if (old !== undefined && old !== 0n) annotations[revisionHistoryAnnotation] = appendHistory(current?.[revisionHistoryAnnotation], old.toString());
  return annotations;
}

/** The oldest revisions go when the text grows too long. */
function appendHistory(history: string | undefined, revision: string): string {
  const revisions = history === undefined || history === "" ? [] : history.split(",");
  while (revisions.length > 0 && revisions.join(",").length + revision.length + 1 > historyLimit) revisions.shift();
  return [...revisions, revision].join(",");
}

/** The Deployment's scale as of the last time its ReplicaSets were scaled. */
export function scaleAnnotations(desired: number, max: number): Annotations {
  return { [desiredReplicasAnnotation]: String(desired), [maxReplicasAnnotation]: String(max) };
}

export function needsScaleAnnotations(set: ReplicaSet, desired: number, max: number): boolean {
  const current = set.metadata.annotations ?? {};
  return Object.entries(scaleAnnotations(desired, max)).some(([key, value]) => current[key] !== value);
}

/** undefined when absent or unreadable. */
export function countAnnotation(set: ReplicaSet, name: string): number | undefined {
  const text = set.metadata.annotations?.[name];
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** Annotations of the Deployment at the revision of its new ReplicaSet; undefined when they are so already. */
export function deploymentAnnotations(deployment: Deployment, newSet: ReplicaSet): Annotations | undefined {
  const current = deployment.metadata.annotations ?? {};
  const revision = newSet.metadata.annotations?.[revisionAnnotation];
  const annotations = revision === undefined ? current : { ...current, [revisionAnnotation]: revision };
  return sameJson(current, annotations) ? undefined : annotations;
}
