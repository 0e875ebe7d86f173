/**
 * What a DELETE does to an object, decided without doing it (k8s.io/apiserver rest.BeforeDelete and the generic
 * registry's handling of finalizers).
 */
import type { AnyResourceDefinition, StrategyContext } from "../../api/resource.ts";
import { copyJson } from "../../machinery/json.ts";
import type { ObjectMeta } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { timestamp } from "./requests.ts";

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";

export interface DeletionOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  /** The older form of the policy: true is Orphan, false Background. */
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export type DeletionStep =
  /** Nothing holds it. */
  | { readonly type: "remove" }
  /** It is being deleted already and this request changes nothing about that. */
  | { readonly type: "keep" }
  /** Write this version, marked as being deleted; `then` remove it when nothing holds it (grace of 0). */
  | { readonly type: "mark"; readonly object: KubeObject; readonly thenRemove: boolean };

/** `old` is frozen; the marked object is a copy. */
export function planDeletion(definition: AnyResourceDefinition, old: KubeObject, options: DeletionOptions, context: StrategyContext): DeletionStep {
  const { strategy } = definition;
  const finalizers = finalizersFor(old.metadata, options, strategy.defaultPropagation);
  const changed = !sameItems(finalizers, old.metadata.finalizers ?? []);
  const graceful = strategy.gracePeriodSeconds === undefined ? undefined : planGrace(definition, old, options, context);
  if (graceful?.type === "pending") return { type: "keep" };
  const held = finalizers.length > 0 || strategy.finalizing?.(old) === true;
  if (graceful === undefined && !held) return { type: "remove" };
  const object = copyJson(old);
  if (changed) object.metadata.finalizers = finalizers;
  if (graceful === undefined) {
    if (old.metadata.deletionTimestamp !== undefined && !changed) return { type: "keep" };
    markNow(object, context.now);
  } else {
    mark(object.metadata, old.metadata, graceful.timestampMs, graceful.seconds);
  }
  if (old.metadata.deletionTimestamp === undefined) strategy.prepareForDelete?.(object, context);
  const stays = held || (graceful !== undefined && graceful.seconds > 0);
  return { type: "mark", object, thenRemove: !stays };
}

type Grace = { readonly type: "pending" } | { readonly type: "give"; readonly seconds: number; readonly timestampMs: number } | undefined;

function planGrace(definition: AnyResourceDefinition, old: KubeObject, options: DeletionOptions, context: StrategyContext): Grace {
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  const requested = options.gracePeriodSeconds;
  if (deletionTimestamp !== undefined) {
    const given = Number(deletionGracePeriodSeconds ?? 0);
    // Only a shorter grace can still be given; a finalizer alone holds what has none left.
    if (requested === undefined || requested >= given) return given === 0 && requested === undefined ? undefined : { type: "pending" };
    return { type: "give", seconds: requested, timestampMs: Date.parse(deletionTimestamp) - (given - requested) * 1000 };
  }
  const seconds = Math.max(0, definition.strategy.gracePeriodSeconds?.(old, requested) ?? 0);
  return { type: "give", seconds, timestampMs: context.now + seconds * 1000 };
}

/** Being marked is a change of what is wanted of the object: its generation grows. */
function mark(metadata: ObjectMeta, old: ObjectMeta, timestampMs: number, seconds: number): void {
  if (old.deletionTimestamp === undefined && Number(old.generation ?? 0) > 0) metadata.generation = Number(old.generation) + 1;
  metadata.deletionTimestamp = timestamp(timestampMs);
  metadata.deletionGracePeriodSeconds = seconds;
}

function markNow(object: KubeObject, now: number): void {
  const { metadata } = object;
  const marked = metadata.deletionTimestamp;
  mark(metadata, { ...metadata }, marked !== undefined && Date.parse(marked) < now ? Date.parse(marked) : now, 0);
}

/** The request's policy first, then what the object asks for by its finalizers, then the kind's default. */
function finalizersFor(metadata: ObjectMeta, options: DeletionOptions, byDefault: "Background" | "Orphan" | undefined): string[] {
  const current = metadata.finalizers ?? [];
  const policy = options.propagationPolicy ?? (options.orphanDependents === undefined ? undefined : options.orphanDependents ? "Orphan" : "Background");
  const others = current.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer);
  const orphan = policy === undefined ? current.includes(orphanFinalizer) || (current.length === 0 && byDefault === "Orphan") : policy === "Orphan";
  const foreground = policy === undefined ? current.includes(foregroundFinalizer) : policy === "Foreground";
  const wanted = [...(orphan ? [orphanFinalizer] : []), ...(foreground ? [foregroundFinalizer] : [])];
  const kept = current.filter((finalizer) => others.includes(finalizer) || wanted.includes(finalizer));
  return [...kept, ...wanted.filter((finalizer) => !kept.includes(finalizer))];
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
