/** The control loop of ReplicaSets and ReplicationControllers: claim, create or delete, write the status. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodTemplateSpec } from "../../api/core/v1/pod-spec.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { pods } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { sameJson } from "../../machinery/json.ts";
import { type KubeObject, objectKey, type ResourceRef } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { claim } from "../shared/claim.ts";
import { Expectations } from "../shared/expectations.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { claimablePods, watchOwnedPods } from "../shared/owned-pods.ts";
import { controllerIndex, controllerIndexValues, controllerOf, controllerReference } from "../shared/owners.ts";
import { createPod, deletePod } from "../shared/pod-control.ts";
import { nextAvailableMs } from "../shared/pod-state.ts";
import { podFromTemplate } from "../shared/pod-template.ts";
import type { LabelMatcher } from "../shared/selector.ts";
import { slowStart } from "../shared/slow-start.ts";
import { planReplicas, type ReplicaOwner, type ReplicaPlan, type ReplicaStatus, replicaStatus } from "./plan.ts";

/** What tells the two kinds apart. */
export interface ReplicaKind<T extends KubeObject> {
  readonly name: string;
  readonly resource: ResourceRef<T>;
  readonly countTerminating: boolean;
  matcher(object: T): LabelMatcher;
  template(object: T): PodTemplateSpec | undefined;
  replicas(object: T): number;
  minReadySeconds(object: T): number;
  status(object: T): ReplicaStatus | undefined;
  withStatus(object: T, status: ReplicaStatus): T;
}

export function replicaController<T extends KubeObject>(kind: ReplicaKind<T>): Controller {
  return { name: kind.name, account: kind.name, run: (context) => new ReplicaLoop(context, kind).run() };
}

class ReplicaLoop<T extends KubeObject> {
  readonly #context: ComponentContext;
  readonly #kind: ReplicaKind<T>;
  readonly #owners: Informer<T>;
  readonly #pods: Informer<Pod>;
  readonly #queue: WorkQueue;
  readonly #expectations: Expectations;

  constructor(context: ComponentContext, kind: ReplicaKind<T>) {
    this.#context = context;
    this.#kind = kind;
    this.#owners = context.informers.informer(kind.resource);
    this.#pods = context.informers.informer(pods);
    this.#queue = createQueue(context);
    this.#expectations = new Expectations(context.clock);
  }

  run(): Promise<void> {
    const queue = this.#queue;
    this.#owners.addIndex(controllerIndex, controllerIndexValues);
    this.#owners.addHandler({
      add: (owner) => queue.add(objectKey(owner)),
      update: (owner, old) => {
        if (owner.metadata.uid !== old.metadata.uid) this.#expectations.forget(objectKey(old));
        queue.add(objectKey(owner));
      },
      delete: (owner) => {
        this.#expectations.forget(objectKey(owner));
        queue.add(objectKey(owner));
      },
    });
    watchOwnedPods({
      pods: this.#pods,
      owners: this.#owners,
      resource: this.#kind.resource,
      matches: this.#kind.matcher,
      queue,
      expectations: this.#expectations,
      minReadySeconds: this.#kind.minReadySeconds,
    });
    return runLoop(this.#context, { queue, reconcile: (key) => this.#reconcile(key) });
  }

  async #reconcile(key: string): Promise<Requeue | undefined> {
    const owner = this.#owners.get(key);
    if (owner === undefined) {
      this.#expectations.forget(key);
      return undefined;
    }
    const mayAct = this.#expectations.satisfied(key) && owner.metadata.deletionTimestamp === undefined;
    const owned = await this.#claim(owner);
    const failure = mayAct ? await this.#act(key, owner, owned) : undefined;
    await this.#writeStatus(owner, owned, failure);
    if (failure !== undefined) throw failure;
    const afterMs = nextAvailableMs(owned, this.#kind.minReadySeconds(owner), this.#context.clock.now());
    return afterMs === undefined ? undefined : { afterMs: afterMs + 1000 };
  }

  #claim(owner: T): Promise<Pod[]> {
    const { client } = this.#context;
    const namespace = owner.metadata.namespace ?? "";
    return claim({
      owner,
      reference: controllerReference(owner, this.#kind.resource),
      matches: this.#kind.matcher(owner),
      candidates: claimablePods(this.#pods, owner),
      owners: client.of(this.#kind.resource).in(namespace),
      objects: client.of(pods).in(namespace),
    });
  }

  /** The first failure, if one occurred. */
  async #act(key: string, owner: T, owned: readonly Pod[]): Promise<unknown> {
    const plan = planReplicas(this.#facts(owner), owned, this.#related(owner), this.#context.clock.now());
    if (plan.action === "create") return this.#create(key, owner, plan.count);
    return plan.action === "delete" ? this.#delete(key, owner, plan) : undefined;
  }

  async #create(key: string, owner: T, count: number): Promise<unknown> {
    this.#expectations.expectCreations(key, count);
    const draft = podFromTemplate(this.#kind.template(owner), owner, controllerReference(owner, this.#kind.resource));
    const { succeeded, error } = await slowStart(count, async () => {
      await createPod(this.#context, owner, draft);
    });
    this.#expectations.creationObserved(key, count - succeeded);
    // In a namespace that goes away nothing can be created, and the owner goes with it.
    return isNamespaceTerminating(error) ? undefined : error;
  }

  async #delete(key: string, owner: T, plan: ReplicaPlan & { action: "delete" }): Promise<unknown> {
    this.#expectations.expectDeletions(
      key,
      plan.pods.map((pod) => pod.metadata.uid),
    );
    const results = await Promise.allSettled(plan.pods.map((pod) => this.#deleteOne(key, owner, pod)));
    return results.find((result) => result.status === "rejected")?.reason;
  }

  async #deleteOne(key: string, owner: T, pod: Pod): Promise<void> {
    try {
      const deleted = await deletePod(this.#context, owner, pod);
      if (!deleted) this.#expectations.deletionObserved(key, pod.metadata.uid);
    } catch (error) {
      this.#expectations.deletionObserved(key, pod.metadata.uid);
      throw error;
    }
  }

  /** Pods of all owners that the same controller (a Deployment) has. */
  *#related(owner: T): Generator<Pod> {
    const parent = controllerOf(owner)?.uid;
    const siblings = parent === undefined ? [owner] : this.#owners.byIndex(controllerIndex, parent);
    for (const sibling of siblings) yield* this.#pods.byIndex(controllerIndex, sibling.metadata.uid);
  }

  async #writeStatus(owner: T, owned: readonly Pod[], failure: unknown): Promise<void> {
    const old = this.#kind.status(owner);
    const status = replicaStatus({
      owner: this.#facts(owner),
      generation: owner.metadata.generation ?? 0,
      owned,
      old,
      failure: failure === undefined ? undefined : errorText(failure),
      countTerminating: this.#kind.countTerminating,
      nowMs: this.#context.clock.now(),
    });
    if (sameJson(status, old)) return;
    try {
      await this.#context.client.of(this.#kind.resource).updateStatus(this.#kind.withStatus(owner, status));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #facts(owner: T): ReplicaOwner {
    return {
      replicas: this.#kind.replicas(owner),
      minReadySeconds: this.#kind.minReadySeconds(owner),
      templateLabels: this.#kind.template(owner)?.metadata?.labels ?? {},
    };
  }
}
