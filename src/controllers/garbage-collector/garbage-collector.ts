/** Deletes what lost its owners, lets go of owners that waited for it, orphans what is to be orphaned. */
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isConflict, isNotFound } from "../../client/errors.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { type KubeObject, parseApiVersion, type ResourceRef } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import type { DiscoverResources } from "../shared/discovery.ts";
import { createQueue, informersSynced, runLoop, runPeriodically } from "../shared/loop.ts";
import { type Classified, decide, ownerState, type Verdict } from "./decide.ts";
import { type Attempt, foregroundFinalizer, type GraphNode, type Identity, OwnershipGraph, orphanFinalizer } from "./graph.ts";

/** How often new kinds (custom resources) are looked for. */
const discoveryMs = 30_000;
const concurrency = 20;
/** Absent owners remembered, so that a hundred pods of one deleted set ask for it once. */
const absentLimit = 500;

export function garbageCollector(discover: DiscoverResources): Controller {
  return { name: "garbage-collector-controller", account: "generic-garbage-collector", run: (context) => new GarbageCollector(context, discover).run() };
}

class GarbageCollector {
  readonly #context: ComponentContext;
  readonly #discover: DiscoverResources;
  readonly #graph = new OwnershipGraph();
  readonly #toDelete: WorkQueue;
  readonly #toOrphan: WorkQueue;
  /** By `group/kind`. */
  readonly #resources = new Map<string, ResourceRef>();
  readonly #absent = new Set<string>();

  constructor(context: ComponentContext, discover: DiscoverResources) {
    this.#context = context;
    this.#discover = discover;
    this.#toDelete = createQueue(context);
    this.#toOrphan = createQueue(context);
  }

  async run(): Promise<void> {
    await this.#monitorFirst();
    await Promise.all([
      runLoop(
        this.#context,
        { queue: this.#toDelete, concurrency, reconcile: (uid) => this.#attemptDelete(uid) },
        { queue: this.#toOrphan, concurrency, reconcile: (uid) => this.#attemptOrphan(uid) },
      ),
      runPeriodically(this.#context, discoveryMs, () => this.#monitorAll()),
    ]);
  }

  /** Nothing is collected before all kinds are known: an owner would seem to have no dependents left. */
  async #monitorFirst(): Promise<void> {
    const { clock, logger, signal } = this.#context;
    for (let done = false; !done && !signal.aborted; ) {
      try {
        await this.#monitorAll();
        done = true;
      } catch (error) {
        logger.warn({ error: errorText(error) }, "cannot discover resources, nothing is collected until then");
        await clock.sleep(1000, signal).catch(() => undefined);
      }
    }
  }

  /** Follows every kind not yet followed. While discovery fails, what is known goes on. */
  async #monitorAll(): Promise<void> {
    let added = false;
    for (const resource of await this.#discover()) {
      const key = `${resource.group}/${resource.kind}`;
      // Events are many and own nothing.
      if (resource.resource === "events" || this.#resources.has(key)) continue;
      this.#resources.set(key, resource);
      this.#monitor(resource);
      added = true;
    }
    if (added) await informersSynced(this.#context);
  }

  #monitor(resource: ResourceRef): void {
    const observe = (object: KubeObject) => this.#enqueue(this.#graph.observe(object));
    this.#context.informers.informer(resource).addHandler({
      add: observe,
      update: observe,
      delete: (object) => {
        this.#remember(object.metadata.uid);
        this.#enqueue(this.#graph.forget(object.metadata.uid));
      },
    });
  }

  #enqueue(attempts: readonly Attempt[]): void {
    for (const { action, uid } of attempts) (action === "delete" ? this.#toDelete : this.#toOrphan).add(uid);
  }

  #remember(uid: string): void {
    this.#absent.add(uid);
    if (this.#absent.size <= absentLimit) return;
    for (const oldest of this.#absent) {
      this.#absent.delete(oldest);
      return;
    }
  }

  async #attemptDelete(uid: string): Promise<undefined> {
    const node = this.#graph.get(uid);
    if (node === undefined || (node.deleting && !node.awaitsDependents)) return undefined;
    const object = await this.#lookUp(node.identity);
    if (object === undefined) {
      this.#remember(uid);
      this.#enqueue(this.#graph.forget(uid));
      return undefined;
    }
    // It exists, though no event has told of it yet: one will.
    if (!node.observed) throw new Error(`cannot judge ${describe(node.identity)}: not yet observed`);
    if (node.awaitsDependents) await this.#finishForeground(node, object);
    else await this.#judge(node, object);
    return undefined;
  }

  async #finishForeground(node: GraphNode, object: KubeObject): Promise<void> {
    const blockers = this.#graph.blockers(node);
    if (blockers.length === 0) return this.#removeFinalizer(object, foregroundFinalizer);
    for (const blocker of blockers) if (!blocker.awaitsDependents) this.#toDelete.add(blocker.identity.uid);
  }

  async #judge(node: GraphNode, object: KubeObject): Promise<void> {
    const owners: Classified[] = [];
    for (const reference of object.metadata.ownerReferences ?? []) {
      const { namespace } = node.identity;
      const owner = this.#absent.has(reference.uid) ? undefined : await this.#lookUp({ ...reference, namespace });
      if (owner === undefined) this.#remember(reference.uid);
      owners.push({ reference, state: ownerState(reference, owner) });
    }
    const dependents = this.#graph.dependentsOf(node);
    await this.#perform(object, decide(object, owners, { count: dependents.length, waiting: dependents.some((item) => item.awaitsDependents) }));
  }

  async #perform(object: KubeObject, verdict: Verdict): Promise<void> {
    switch (verdict.action) {
      case "keep":
        return;
      case "unlink":
        return this.#patchOwners(
          object,
          (object.metadata.ownerReferences ?? []).filter((reference) => !verdict.uids.includes(reference.uid)),
        );
      case "delete":
        if (verdict.unblock) {
          await this.#patchOwners(
            object,
            (object.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, blockOwnerDeletion: false })),
          );
        }
        return this.#delete(object, verdict.policy);
    }
  }

  async #delete(object: KubeObject, propagationPolicy: "Background" | "Foreground" | "Orphan"): Promise<void> {
    const { name, uid } = object.metadata;
    this.#context.logger.debug({ object: describe(object), propagationPolicy }, "collecting");
    await this.#ignoreGone(this.#client(object).delete(name, { propagationPolicy, preconditions: { uid } }));
  }

  async #attemptOrphan(uid: string): Promise<undefined> {
    const node = this.#graph.get(uid);
    if (node === undefined) return undefined;
    for (const dependent of this.#graph.dependentsOf(node)) await this.#orphan(dependent, uid);
    const owner = await this.#lookUp(node.identity);
    if (owner !== undefined) await this.#removeFinalizer(owner, orphanFinalizer);
    return undefined;
  }

  async #orphan(dependent: GraphNode, ownerUid: string): Promise<void> {
    const object = await this.#lookUp(dependent.identity);
    const references = object?.metadata.ownerReferences ?? [];
    if (object === undefined || !references.some((reference) => reference.uid === ownerUid)) return;
    await this.#patchOwners(
      object,
      references.filter((reference) => reference.uid !== ownerUid),
    );
  }

  /** The revision goes along: the list is replaced as a whole, so it must be the one that was read. Custom kinds know no other patch. */
  async #patchOwners(object: KubeObject, ownerReferences: NonNullable<KubeObject["metadata"]["ownerReferences"]>): Promise<void> {
    const { name, uid, resourceVersion } = object.metadata;
    const owners = ownerReferences.length === 0 ? null : ownerReferences;
    await this.#ignoreGone(this.#client(object).patch(name, { metadata: { uid, resourceVersion, ownerReferences: owners } }, { type: "merge" }), false);
  }

  async #removeFinalizer(object: KubeObject, finalizer: string): Promise<void> {
    const { name, uid, resourceVersion, finalizers = [] } = object.metadata;
    if (!finalizers.includes(finalizer)) return;
    const left = finalizers.filter((item) => item !== finalizer);
    await this.#ignoreGone(
      this.#client(object).patch(name, { metadata: { uid, resourceVersion, finalizers: left.length === 0 ? null : left } }, { type: "merge" }),
      false,
    );
  }

  /** A conflict on deletion is one on the uid: another has the name now, ours has gone. */
  async #ignoreGone(request: Promise<unknown>, conflictMeansGone = true): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (!isNotFound(error) && !(conflictMeansGone && isConflict(error))) throw error;
    }
  }

  /** Asks the API server, not a cache: only a sure absence may delete. A kind nobody serves is no absence. */
  async #lookUp(identity: Identity): Promise<KubeObject | undefined> {
    try {
      const found = await this.#client(identity).get(identity.name);
      return found.metadata.uid === identity.uid ? found : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #client(object: KubeObject | Identity) {
    const namespace = "metadata" in object ? (object.metadata.namespace ?? "") : object.namespace;
    const resource = this.#resources.get(`${parseApiVersion(object.apiVersion).group}/${object.kind}`);
    if (resource === undefined) throw new Error(`cannot find the resource of kind ${object.kind} in ${object.apiVersion}: not discovered`);
    const client = this.#context.client.of(resource);
    return resource.namespaced ? client.in(namespace) : client;
  }
}

function describe(object: KubeObject | Identity): string {
  const { kind } = object;
  const { namespace, name } = "metadata" in object ? object.metadata : object;
  return `${kind} ${namespace ?? ""}/${name}`;
}
