/**
 * What a DELETE does to an object, decided without doing it (k8s.io/apiserver rest.BeforeDelete and the generic
 * registry's handling of finalizers).
 */

import type { AnyResourceDefinition, DefaultPropagation, StrategyContext } from "../../api/resource.ts";
import { nextGeneration } from "../../api/strategy.ts";
import { copyJson, sameJson } from "../../machinery/json.ts";
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
  /** Write this version, marked as being deleted; `thenRemove`: nothing holds it and its grace is 0, so the removal follows at once. */
  | { readonly type: "mark"; readonly object: KubeObject; readonly thenRemove: boolean };

/** `old` is frozen; the marked object is a copy. */
export function planDeletion(definition: AnyResourceDefinition, old: KubeObject, options: DeletionOptions, context: StrategyContext): DeletionStep {
  const { strategy } = definition;
  if (strategy.finalizing !== undefined && (old.metadata.deletionTimestamp === undefined || strategy.finalizing(old))) {
    return planDeletionOfScope(definition, old, options, context);
  }
  const graceful = strategy.gracePeriodSeconds === undefined ? undefined : planGrace(definition, old, options, context);
  if (graceful?.type === "pending") return { type: "keep" };
  const finalizers = finalizersFor(old.metadata, options, strategy.defaultPropagation);
  const held = finalizers.length > 0;
  if (graceful === undefined && !held) return { type: "remove" };
  const object = copyJson(old);
  if (!sameItems(finalizers, old.metadata.finalizers ?? [])) object.metadata.finalizers = [...finalizers];
  if (graceful === undefined) markNow(object.metadata, context.now);
  else mark(object.metadata, old.metadata, graceful.timestampMs, graceful.seconds);
  if (old.metadata.deletionTimestamp === undefined) strategy.prepareForDelete?.(object, context);
  if (graceful === undefined && sameJson(object, old)) return { type: "keep" };
  const stays = held || (graceful !== undefined && graceful.seconds > 0);
  return { type: "mark", object, thenRemove: !stays };
}

/** Kinds that hold themselves (namespaces): the first DELETE only marks them, later ones wait until what holds them has gone. */
function planDeletionOfScope({ strategy }: AnyResourceDefinition, old: KubeObject, options: DeletionOptions, context: StrategyContext): DeletionStep {
  if (old.metadata.deletionTimestamp !== undefined) return { type: "keep" };
  const object = copyJson(old);
  const finalizers = finalizersFor(old.metadata, options, strategy.defaultPropagation);
  if (finalizers.length > 0) object.metadata.finalizers = [...finalizers];
  else delete object.metadata.finalizers;
  // Without a grace: nothing here runs that would need one.
  object.metadata.deletionTimestamp = timestamp(context.now);
  strategy.prepareForDelete?.(object, context);
  return { type: "mark", object, thenRemove: false };
}

/** Undefined: no grace is given any more, or never was. */
type Grace = { readonly type: "pending" } | { readonly type: "give"; readonly seconds: number; readonly timestampMs: number } | undefined;

function planGrace(definition: AnyResourceDefinition, old: KubeObject, options: DeletionOptions, context: StrategyContext): Grace {
  const requested = options.gracePeriodSeconds === undefined ? undefined : atLeastSomething(options.gracePeriodSeconds);
  if (old.metadata.deletionTimestamp !== undefined) return shortened(old.metadata, requested, context.now);
  const seconds = atLeastSomething(definition.strategy.gracePeriodSeconds?.(old, requested) ?? 0);
  return { type: "give", seconds, timestampMs: context.now + seconds * 1000 };
}

/** Only a shorter grace can still be given; one that is over already is a second, so that it stays the kubelet's to end it. */
function shortened({ deletionTimestamp, deletionGracePeriodSeconds }: ObjectMeta, requested: number | undefined, now: number): Grace {
  const given = atLeastSomething(Number(deletionGracePeriodSeconds ?? 0));
  // It was to go at once and is still there: somebody's removal came to nothing between its two writes.
  if (given === 0) return undefined;
  if (requested === undefined || requested >= given) return { type: "pending" };
  const timestampMs = Date.parse(deletionTimestamp ?? "") - (given - requested) * 1000;
  if (timestampMs >= now) return { type: "give", seconds: requested, timestampMs };
  return { type: "give", seconds: Math.min(requested, 1), timestampMs: now };
}

/** Less than nothing is a second. */
function atLeastSomething(seconds: number): number {
  return seconds < 0 ? 1 : seconds;
}

/** Being marked is a change of what is wanted of the object: its generation grows. */
function mark(metadata: ObjectMeta, old: ObjectMeta, timestampMs: number, seconds: number): void {
  if (old.deletionTimestamp === undefined && (old.generation ?? 0) > 0) metadata.generation = nextGeneration(old.generation!);
  metadata.deletionTimestamp = timestamp(timestampMs);
  metadata.deletionGracePeriodSeconds = seconds;
}

/** Held by finalizers alone: its time has come already. */
function markNow(metadata: ObjectMeta, now: number): void {
  const { deletionTimestamp } = metadata;
  const marked = deletionTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(deletionTimestamp);
  mark(metadata, { ...metadata }, Math.min(marked, now), 0);
}

/** The request's policy first, then what the object asks for by its finalizers, then the kind's default. */
function finalizersFor(metadata: ObjectMeta, options: DeletionOptions, byDefault: DefaultPropagation | undefined): readonly string[] {
  const current = metadata.finalizers ?? [];
  const policy = byDefault === "Unsupported" ? "Background" : (requestedPolicy(options) ?? policyOf(current) ?? byDefault);
  const others = current.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer);
  const wanted = policy === "Orphan" ? [orphanFinalizer] : policy === "Foreground" ? [foregroundFinalizer] : [];
  const finalizers = [...others, ...wanted];
  return sameItems([...finalizers].sort(), [...current].sort()) ? current : finalizers;
}

function requestedPolicy({ propagationPolicy, orphanDependents }: DeletionOptions): DeletionOptions["propagationPolicy"] {
  if (orphanDependents === undefined) return propagationPolicy;
  return orphanDependents ? "Orphan" : "Background";
}

function policyOf(finalizers: readonly string[]): "Orphan" | "Foreground" | undefined {
  const first = finalizers.find((finalizer) => finalizer === orphanFinalizer || finalizer === foregroundFinalizer);
  return first === undefined ? undefined : first === orphanFinalizer ? "Orphan" : "Foreground";
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
