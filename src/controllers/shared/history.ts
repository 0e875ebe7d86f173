/**
 * ControllerRevisions: the history of a DaemonSet's or StatefulSet's template. A revision's data is a patch that puts its
 * template back; clients compare it byte for byte with what Go would write, so it is written by Go's rules: keys sorted,
 * empty values left out, some structures there even when empty.
 */
import type { ControllerRevision } from "../../api/apps/v1/controller-revision.ts";
import type { PodTemplateSpec } from "../../api/core/v1/pod-spec.ts";
import type { Client } from "../../client/client.ts";
import { isAlreadyExists, isNotFound } from "../../client/errors.ts";
import { controllerRevisions } from "../../client/resources.ts";
import type { OwnerReference } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { canonicalJson, templateHash } from "./hash.ts";

export const revisionHashLabel = "controller-revision-hash";

/** Go writes these although they are empty. */
const alwaysThere = new Set(["metadata", "spec", "resources"]);
/** Optional values that Go holds without pointers and leaves out when they are zero. */
const zeroless = new Set([
  "stdin",
  "stdinOnce",
  "tty",
  "hostNetwork",
  "hostPID",
  "hostIPC",
  "readOnly",
  "labels",
  "annotations",
  "nodeSelector",
  "limits",
  "requests",
  "overhead",
]);

type Json = Record<string, unknown>;

/** `{"spec":{"template":{"$patch":"replace",…}}}`. */
export function revisionData(template: PodTemplateSpec): unknown {
  const goTemplate = { $patch: "replace", metadata: {}, spec: {}, ...(asGo(template) as Json) };
  return JSON.parse(canonicalJson({ spec: { template: goTemplate } }));
}

function asGo(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asGo);
  if (typeof value !== "object" || value === null) return value;
  const result: Json = {};
  for (const [key, item] of Object.entries(value)) if (!isLeftOut(key, item)) result[key] = asGo(item);
  if (isContainer(value)) result["resources"] ??= {};
  if (isResourceField(value)) result["divisor"] ??= "0";
  return result;
}

function isLeftOut(key: string, value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  if (value === false) return zeroless.has(key);
  return typeof value === "object" && zeroless.has(key) && !alwaysThere.has(key) && Object.keys(value).length === 0;
}

function isContainer(value: object): boolean {
  return "name" in value && "image" in value;
}

/** ResourceFieldSelector; ResourceClaim and its like have no `resource`. */
function isResourceField(value: object): boolean {
  return "resource" in value && typeof value.resource === "string";
}

export function sameRevision(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return Number(a.revision) - Number(b.revision) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

export interface RevisionOwner {
  readonly owner: KubeObject;
  readonly reference: OwnerReference;
  readonly template: PodTemplateSpec;
  readonly collisionCount: number | undefined;
}

export type RevisionPlan =
  /** The template is the newest revision already. */
  | { readonly action: "keep"; readonly revision: ControllerRevision }
  /** The template was used before: its revision becomes the newest. */
  | { readonly action: "renumber"; readonly revision: ControllerRevision; readonly number: number }
  | { readonly action: "create"; readonly revision: ControllerRevision };

export function planRevision(owner: RevisionOwner, history: readonly ControllerRevision[]): RevisionPlan {
  const data = revisionData(owner.template);
  const max = Math.max(0, ...history.map((revision) => Number(revision.revision)));
  const equal = history.filter((revision) => sameRevision(revision.data, data)).sort(byRevision);
  const known = equal.at(-1);
  if (known === undefined) return { action: "create", revision: newRevision(owner, data, max + 1) };
  if (Number(known.revision) === max) return { action: "keep", revision: known };
  return { action: "renumber", revision: known, number: max + 1 };
}

function newRevision({ owner, reference, template, collisionCount }: RevisionOwner, data: unknown, revision: number): ControllerRevision {
  const hash = templateHash(template, collisionCount === 0 ? undefined : collisionCount);
  const metadata: Partial<ControllerRevision["metadata"]> = {
    name: `${owner.metadata.name}-${hash}`,
    namespace: owner.metadata.namespace ?? "",
    labels: { ...template.metadata?.labels, [revisionHashLabel]: hash },
    ...(owner.metadata.annotations === undefined ? {} : { annotations: { ...owner.metadata.annotations } }),
    ownerReferences: [reference],
  };
  // The server gives the uid.
  return { apiVersion: "apps/v1", kind: "ControllerRevision", metadata: metadata as ControllerRevision["metadata"], data, revision };
}

/** Revisions to delete: beyond the limit, the oldest first, none that is current or that a pod still runs. */
export function surplusRevisions(
  history: readonly ControllerRevision[],
  current: ControllerRevision,
  isLive: (revision: ControllerRevision) => boolean,
  limit: number,
): ControllerRevision[] {
  const idle = history.filter((revision) => revision.metadata.name !== current.metadata.name && !isLive(revision)).sort(byRevision);
  return idle.slice(0, Math.max(0, idle.length - limit));
}

export function hashOf(revision: ControllerRevision): string {
  return revision.metadata.labels?.[revisionHashLabel] ?? "";
}

/** Two templates share a hash: the owner's collisionCount must grow before the next attempt. */
export class RevisionCollision extends Error {
  override readonly name = "RevisionCollision";
}

/** Performs the plan; the revision that is current afterwards. */
export async function performRevision(client: Client, plan: RevisionPlan): Promise<ControllerRevision> {
  const { revision } = plan;
  const revisions = client.of(controllerRevisions).in(revision.metadata.namespace ?? "");
  switch (plan.action) {
    case "keep":
      return revision;
    case "renumber":
      return revisions.update({ ...revision, revision: plan.number });
    case "create":
      try {
        return await revisions.create(revision);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        const known = await revisions.get(revision.metadata.name);
        if (sameRevision(known.data, revision.data)) return known;
        throw new RevisionCollision(`cannot create ControllerRevision "${revision.metadata.name}": another template has its hash`, { cause: error });
      }
  }
}

export async function deleteRevisions(client: Client, revisions: readonly ControllerRevision[]): Promise<void> {
  for (const { metadata } of revisions) {
    try {
      await client
        .of(controllerRevisions)
        .in(metadata.namespace ?? "")
        .delete(metadata.name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
