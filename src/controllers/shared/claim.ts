/**
 * Claiming: a controller owns the objects that its selector matches and nobody else controls (adoption), and lets go of
 * its own that no longer match (release). The decision is pure; the patches are strategic merges on the owner's uid, so
 * that other owners and concurrent status writes are left alone.
 */
import type { ResourceClient } from "../../client/client.ts";
import { isInvalid, isNotFound } from "../../client/errors.ts";
import type { OwnerReference } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { controllerOf } from "./owners.ts";
import type { LabelMatcher } from "./selector.ts";

export interface ClaimDecision<T> {
  readonly owned: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

export function decideClaims<T extends KubeObject>(owner: KubeObject, matches: LabelMatcher, candidates: Iterable<T>): ClaimDecision<T> {
  const owned: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  const ownerLeaves = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matched = matches(object.metadata.labels);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matched) owned.push(object);
      else if (!ownerLeaves) release.push(object);
    } else if (matched && !ownerLeaves && object.metadata.deletionTimestamp === undefined) adopt.push(object);
  }
  return { owned, adopt, release };
}

export interface ClaimOptions<O extends KubeObject, T extends KubeObject> {
  readonly owner: O;
  readonly reference: OwnerReference;
  readonly matches: LabelMatcher;
  readonly candidates: Iterable<T>;
  /** Of the owner's kind: asked for its present state once, before the first adoption. */
  readonly owners: ResourceClient<O>;
  /** Of the claimed kind, in the owner's namespace. */
  readonly objects: ResourceClient<T>;
  /** Added to adopted objects, taken from released ones. */
  readonly finalizer?: string;
}

/** What the owner owns after adopting and releasing. */
export async function claim<O extends KubeObject, T extends KubeObject>(options: ClaimOptions<O, T>): Promise<T[]> {
  const { owned, adopt, release } = decideClaims(options.owner, options.matches, options.candidates);
  const claimed = [...owned];
  if (adopt.length > 0) await mayAdopt(options);
  for (const object of adopt) {
    const adopted = await ignoreGone(options.objects.patch(object.metadata.name, adoptionPatch(object, options), { type: "strategic" }));
    if (adopted !== undefined) claimed.push(adopted);
  }
  for (const object of release) {
    await ignoreGone(options.objects.patch(object.metadata.name, releasePatch(object, options.owner, options.finalizer), { type: "strategic" }));
  }
  return claimed;
}

/** The cache may not know yet that the owner was deleted and created anew: it must not adopt for its predecessor. */
async function mayAdopt<O extends KubeObject, T extends KubeObject>({ owner, owners }: ClaimOptions<O, T>): Promise<void> {
  const { name, uid } = owner.metadata;
  const fresh = await owners.get(name);
  if (fresh.metadata.uid !== uid) throw new Error(`cannot adopt for ${owner.kind} "${name}": it is gone (uid ${uid}), another has its name`);
  if (fresh.metadata.deletionTimestamp !== undefined) throw new Error(`cannot adopt for ${owner.kind} "${name}": it is being deleted`);
}

/** The uid makes sure that an object of the same name created since is not meant. */
function adoptionPatch<O extends KubeObject, T extends KubeObject>(object: T, { reference, finalizer }: ClaimOptions<O, T>): object {
  const finalizers = finalizer === undefined ? {} : { finalizers: [finalizer] };
  return { metadata: { uid: object.metadata.uid, ownerReferences: [reference], ...finalizers } };
}

export function releasePatch(object: KubeObject, owner: KubeObject, finalizer?: string): object {
  const finalizers = finalizer === undefined ? {} : { "$deleteFromPrimitiveList/finalizers": [finalizer] };
  return { metadata: { uid: object.metadata.uid, ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }], ...finalizers } };
}

/** Gone, or another by now (422 or 409 on the uid): nothing left to claim or release. */
async function ignoreGone<T>(patching: Promise<T>): Promise<T | undefined> {
  try {
    return await patching;
  } catch (error) {
    if (isNotFound(error) || isInvalid(error)) return undefined;
    throw error;
  }
}
