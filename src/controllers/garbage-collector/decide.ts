/** What becomes of an object, given what its owners turned out to be. */
import type { OwnerReference } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { foregroundFinalizer, orphanFinalizer } from "./graph.ts";

/** solid: there, and staying. dangling: not there. waiting: there until its dependents have gone. */
export type OwnerState = "solid" | "dangling" | "waiting";

export interface Classified {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

export type Verdict =
  | { readonly action: "keep" }
  /** Another owner remains: references to these go. */
  | { readonly action: "unlink"; readonly uids: readonly string[] }
  /** Part of a ring of objects that wait for each other: `unblock` its owners first. */
  | { readonly action: "delete"; readonly policy: "Background" | "Foreground" | "Orphan"; readonly unblock: boolean };

export function ownerState(reference: OwnerReference, owner: KubeObject | undefined): OwnerState {
  if (owner === undefined || owner.metadata.uid !== reference.uid) return "dangling";
  const leaving = owner.metadata.deletionTimestamp !== undefined && (owner.metadata.finalizers ?? []).includes(foregroundFinalizer);
  return leaving ? "waiting" : "solid";
}

/** `dependents` of the object: how many, and whether one of them is itself waiting for its own. */
export function decide(object: KubeObject, owners: readonly Classified[], dependents: { readonly count: number; readonly waiting: boolean }): Verdict {
  if (owners.length === 0) return { action: "keep" };
  const of = (state: OwnerState) => owners.filter((owner) => owner.state === state);
  if (of("solid").length > 0) {
    const gone = [...of("dangling"), ...of("waiting")].map((owner) => owner.reference.uid);
    return gone.length === 0 ? { action: "keep" } : { action: "unlink", uids: gone };
  }
  if (of("waiting").length > 0 && dependents.count > 0) return { action: "delete", policy: "Foreground", unblock: dependents.waiting };
  return { action: "delete", policy: policyOf(object), unblock: false };
}

/** What its finalizers already ask for is not overruled. */
function policyOf(object: KubeObject): "Background" | "Foreground" | "Orphan" {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background";
}
