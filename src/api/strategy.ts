/**
 * Parts that the strategies of many kinds share: who owns status, and when metadata.generation grows. The rules are
 * those of k8s.io/kubernetes/pkg/registry: clients write spec through the object itself, controllers write status
 * through /status, and neither can touch the other's half.
 */
import { sameJson } from "../machinery/json.ts";
import type { ObjectMeta } from "../machinery/meta.ts";
import type { KubeObject } from "../machinery/object.ts";
import { sentEmptyWithin } from "../machinery/sent-empty.ts";
import type { ObjectSubresource, Strategy, Verb } from "./resource.ts";

/** What a read-only kind or view allows. */
export const readVerbs: readonly Verb[] = ["get", "list", "watch"];

/** What `/status` and its like allow. */
export const subresourceVerbs: readonly Verb[] = ["get", "patch", "update"];

type Prepare<T extends KubeObject> = Required<Pick<Strategy<T>, "prepareForCreate" | "prepareForUpdate">>;

type WithStatus = KubeObject & { status?: unknown };
type WithSpec = KubeObject & { spec?: unknown };

/** Combines preparations, in order. */
export function prepareAll<T extends KubeObject>(...parts: readonly Pick<Strategy<T>, "prepareForCreate" | "prepareForUpdate">[]): Prepare<T> {
  return {
    prepareForCreate: (object, context) => {
      for (const part of parts) part.prepareForCreate?.(object, context);
    },
    prepareForUpdate: (object, old, context) => {
      for (const part of parts) part.prepareForUpdate?.(object, old, context);
    },
  };
}

/**
 * Status belongs to /status: whatever a client sends at creation is replaced by `initial()` (none: no status at all),
 * and a plain update keeps the stored one.
 */
export function ownedStatus<T extends WithStatus>(initial?: () => NonNullable<T["status"]>): Prepare<T> {
  return {
    prepareForCreate: (object) => {
      if (initial === undefined) delete object.status;
      else object.status = initial();
    },
    prepareForUpdate: (object, old) => restore(object, old, "status"),
  };
}

/**
 * metadata.generation starts at 1 and grows by one with every write that changes what `observed` returns: the spec,
 * unless said otherwise.
 */
export function specGeneration<T extends WithSpec>(observed: (object: T) => unknown = (object) => object.spec): Prepare<T> {
  return {
    prepareForCreate: (object) => {
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object, old) => {
      setGeneration(object, old, !sameJson(observed(object), observed(old)));
    },
  };
}

/** The same of a field whose versions upstream compares by reflect.DeepEqual: `[]` where there is nothing is a change. */
export function exactGeneration<T extends KubeObject>(field: keyof T & string): Prepare<T> {
  return {
    prepareForCreate: (object) => {
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object, old) => {
      setGeneration(object, old, !sameJson(object[field], old[field]) || sentEmptyWithin(object, field));
    },
  };
}

/** The generation after a write that did or did not change what is counted; one that never was counted stays out. */
export function setGeneration(object: KubeObject, old: KubeObject, changed: boolean): void {
  const before = old.metadata.generation ?? 0;
  const generation = changed ? nextGeneration(before) : before;
  if (generation === 0) delete object.metadata.generation;
  else object.metadata.generation = generation;
}

/** Kinds that do not count from the start keep what their creator said, which may be more than a double holds: a bigint. */
export function nextGeneration(generation: number | bigint): number {
  const sum = typeof generation === "bigint" ? BigInt.asIntN(64, generation + 1n) : generation + 1;
  return sum as number;
}

/** The usual kind: spec with a generation, status owned by /status. */
export function specAndStatus<T extends WithSpec & WithStatus>(initial?: () => NonNullable<T["status"]>): Prepare<T> {
  return prepareAll<T>(ownedStatus<T>(initial), specGeneration<T>());
}

export interface StatusOptions<T extends WithStatus> {
  readonly kept?: readonly string[];
  /** "kept" is for kinds whose /status ignores metadata altogether. */
  readonly meta?: "kept" | "labels kept" | "written";
  readonly validateUpdate?: ObjectSubresource<T>["validateUpdate"];
}

/** What writers of /status do not come to own. */
const unwritten = {
  written: { "f:spec": {} },
  "labels kept": { "f:metadata": { "f:labels": {} }, "f:spec": {} },
  kept: { "f:metadata": {}, "f:spec": {} },
};

/**
 * The `/status` subresource: takes status and, as upstream, labels, annotations and finalizers from the write; keeps
 * `kept` (the spec) as it was.
 */
export function statusSubresource<T extends WithStatus>(options: StatusOptions<T> = {}): ObjectSubresource<T> {
  const { kept = ["spec"], meta = "written", validateUpdate } = options;
  return {
    verbs: subresourceVerbs,
    resetFields: unwritten[meta],
    prepareForUpdate: (object, old) => {
      for (const field of kept) restore(object, old, field);
      setGeneration(object, old, false);
      if (meta === "kept") keepMetadata(object.metadata, old.metadata);
      if (meta === "labels kept") restore(object.metadata, old.metadata, "labels");
    },
    ...(validateUpdate === undefined ? {} : { validateUpdate }),
  };
}

/** Metadata that a status write may not change for kinds added since v1.22 (metav1.ResetObjectMetaForStatus). */
function keepMetadata(meta: ObjectMeta, old: ObjectMeta): void {
  for (const field of ["deletionTimestamp", "labels", "annotations", "finalizers", "ownerReferences"] as const) restore(meta, old, field);
}

/** Puts `field` of `object` back to what it was in `old`, absence included. */
export function restore(object: object, old: object, field: string): void {
  const target = object as Record<string, unknown>;
  const value = (old as Record<string, unknown>)[field];
  if (value === undefined) delete target[field];
  else target[field] = value;
}

/** Everything but metadata, apiVersion and kind: what kinds without a spec count generations over. */
export function contentOf(object: KubeObject): Record<string, unknown> {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...content } = object;
  return content;
}
