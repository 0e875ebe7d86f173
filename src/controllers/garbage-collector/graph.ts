/**
 * Who owns whom, over all resources. Objects come in as events; what comes out is what to look at: objects whose owners
 * may all have gone, owners that wait for their dependents, dependents to be orphaned. No I/O.
 */
import { sameJson } from "../../machinery/json.ts";
import type { OwnerReference } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface GraphNode {
  readonly identity: Identity;
  owners: readonly OwnerReference[];
  readonly dependents: Set<string>;
  /** False: known only because another names it as its owner. It may never have existed. */
  observed: boolean;
  deleting: boolean;
  /** Deleted in the foreground: it goes when the dependents that block it have gone. */
  awaitsDependents: boolean;
}

export type Attempt = { readonly action: "delete" | "orphan"; readonly uid: string };

export class OwnershipGraph {
  readonly #nodes = new Map<string, GraphNode>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** An object as it is now, new or changed. */
  observe(object: KubeObject): Attempt[] {
    const { metadata } = object;
    const node = this.#nodes.get(metadata.uid) ?? this.#add(identityOf(object));
    const attempts = this.#relink(node, metadata.ownerReferences ?? []);
    const before = { ...node };
    node.observed = true;
    node.deleting = metadata.deletionTimestamp !== undefined;
    node.awaitsDependents ||= node.deleting && (metadata.finalizers ?? []).includes(foregroundFinalizer);
    if (node.deleting && (metadata.finalizers ?? []).includes(orphanFinalizer)) attempts.push({ action: "orphan", uid: metadata.uid });
    if (node.awaitsDependents && !before.awaitsDependents) attempts.push(...this.#attemptDependents(node), { action: "delete", uid: metadata.uid });
    return attempts;
  }

  /** An object has gone, or proved never to have been. */
  forget(uid: string): Attempt[] {
    const node = this.#nodes.get(uid);
    if (node === undefined) return [];
    const attempts = this.#attemptDependents(node);
    for (const { uid: owner } of node.owners) attempts.push(...this.#unlink(node, owner));
    node.owners = [];
    // Dependents still point at it: it stays, unobserved, until they have gone or let go.
    if (node.dependents.size === 0) this.#nodes.delete(uid);
    else Object.assign(node, { observed: false, deleting: false, awaitsDependents: false });
    return attempts;
  }

  /** Dependents that hold up a foreground deletion. */
  blockers(node: GraphNode): GraphNode[] {
    return this.dependentsOf(node).filter((dependent) =>
      dependent.owners.some((owner) => owner.uid === node.identity.uid && owner.blockOwnerDeletion === true),
    );
  }

  dependentsOf(node: GraphNode): GraphNode[] {
    return [...node.dependents].flatMap((uid) => this.#nodes.get(uid) ?? []);
  }

  #add(identity: Identity): GraphNode {
    const node: GraphNode = { identity, owners: [], dependents: new Set(), observed: false, deleting: false, awaitsDependents: false };
    this.#nodes.set(identity.uid, node);
    return node;
  }

  #relink(node: GraphNode, owners: readonly OwnerReference[]): Attempt[] {
    if (sameJson(node.owners, owners)) return [];
    const attempts: Attempt[] = [];
    const before = node.owners;
    node.owners = owners;
    for (const old of before) {
      const now = owners.find((owner) => owner.uid === old.uid);
      if (now === undefined) attempts.push(...this.#unlink(node, old.uid));
      // It may have been the last that blocked its owner.
      else if (old.blockOwnerDeletion === true && now.blockOwnerDeletion !== true) attempts.push(...this.#attemptWaiting(old.uid));
    }
    for (const owner of owners) if (!before.some((old) => old.uid === owner.uid)) attempts.push(...this.#link(node, owner));
    return attempts;
  }

  /** An owner nobody has seen is looked for; one on its way out must hear of its new dependent. */
  #link(node: GraphNode, reference: OwnerReference): Attempt[] {
    const { apiVersion, kind, name, uid } = reference;
    const known = this.#nodes.get(uid);
    const owner = known ?? this.#add({ apiVersion, kind, name, uid, namespace: node.identity.namespace });
    owner.dependents.add(node.identity.uid);
    if (!owner.observed) return [{ action: "delete", uid }];
    // Named under one uid, but as another object: whether it exists as named must be looked up.
    const { identity } = owner;
    const other = identity.kind !== kind || identity.name !== name || (identity.namespace !== "" && identity.namespace !== node.identity.namespace);
    return other || owner.awaitsDependents ? [{ action: "delete", uid: node.identity.uid }] : [];
  }

  #unlink(node: GraphNode, ownerUid: string): Attempt[] {
    const owner = this.#nodes.get(ownerUid);
    if (owner === undefined) return [];
    owner.dependents.delete(node.identity.uid);
    if (!owner.observed && owner.dependents.size === 0) this.#nodes.delete(ownerUid);
    return this.#attemptWaiting(ownerUid);
  }

  #attemptWaiting(uid: string): Attempt[] {
    return this.#nodes.get(uid)?.awaitsDependents === true ? [{ action: "delete", uid }] : [];
  }

  #attemptDependents(node: GraphNode): Attempt[] {
    return [...node.dependents].map((uid) => ({ action: "delete", uid }));
  }
}

export function identityOf(object: KubeObject): Identity {
  const { namespace = "", name, uid } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid };
}
