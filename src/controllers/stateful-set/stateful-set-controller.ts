/** apps/v1 StatefulSet: the shell around `planStatefulSet`. */
import type { ControllerRevision } from "../../api/apps/v1/controller-revision.ts";
import type { StatefulSet } from "../../api/apps/v1/stateful-set.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isAlreadyExists, isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { sameJson } from "../../machinery/json.ts";
import { objectKey, type ResourceRef } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { claim } from "../shared/claim.ts";
import { deleteRevisions, performRevision, planRevision, RevisionCollision, surplusRevisions } from "../shared/history.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { claimablePods, watchOwnedPods } from "../shared/owned-pods.ts";
import { controllerIndex, controllerIndexValues, controllerReference, orphanKey } from "../shared/owners.ts";
import { nextAvailableMs } from "../shared/pod-state.ts";
import { isEmptySelector, matcherOf } from "../shared/selector.ts";
import { claimsOf, ordinalOf, ordinalPod, podName, revisionOf } from "./ordinal-pod.ts";
import { planStatefulSet, type StatefulPlan } from "./plan.ts";

const defaultHistoryLimit = 10;

export const statefulSetController: Controller = {
  name: "statefulset-controller",
  account: "statefulset-controller",
  run: (context) => new StatefulSetLoop(context).run(),
};

class StatefulSetLoop {
  readonly #context: ComponentContext;
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Informer<Pod>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#sets = context.informers.informer(statefulSets);
    this.#pods = context.informers.informer(pods);
    this.#revisions = context.informers.informer(controllerRevisions);
    this.#queue = createQueue(context);
  }

  run(): Promise<void> {
    const enqueue = (set: StatefulSet) => this.#queue.add(objectKey(set));
    this.#sets.addHandler({ add: enqueue, update: enqueue });
    this.#revisions.addIndex(controllerIndex, controllerIndexValues);
    watchOwnedPods({
      pods: this.#pods,
      owners: this.#sets,
      resource: statefulSets,
      matches: (set) => matcherOf(set.spec.selector),
      queue: this.#queue,
      minReadySeconds: (set) => set.spec.minReadySeconds ?? 0,
    });
    return runLoop(this.#context, { queue: this.#queue, reconcile: (key) => this.#reconcile(key) });
  }

  async #reconcile(key: string): Promise<Requeue | undefined> {
    const set = this.#sets.get(key);
    if (set === undefined || isEmptySelector(set.spec.selector)) return undefined;
    const namespace = set.metadata.namespace ?? "";
    // A pod by another name may match, but is none of the set's.
    const candidates = [...claimablePods(this.#pods, set)].filter((pod) => ordinalOf(set, pod) !== undefined);
    const owned = await this.#claim(set, candidates, pods);
    const known = [...this.#revisions.byIndex(controllerIndex, set.metadata.uid), ...this.#revisions.byIndex(controllerIndex, orphanKey(namespace))];
    const history = await this.#claim(set, known, controllerRevisions);
    const update = await this.#updateRevision(set, history);
    const current = history.find((revision) => revision.metadata.name === set.status?.currentRevision) ?? update;
    const nowMs = this.#context.clock.now();
    const plan = planStatefulSet({ set, pods: owned, current, update, nowMs });
    await this.#perform(set, plan);
    await this.#writeStatus(set, plan);
    const live = new Set([...owned.map(revisionOf), current.metadata.name]);
    await deleteRevisions(
      this.#context.client,
      surplusRevisions(history, update, (revision) => live.has(revision.metadata.name), set.spec.revisionHistoryLimit ?? defaultHistoryLimit),
    );
    const afterMs = nextAvailableMs(owned, set.spec.minReadySeconds ?? 0, nowMs);
    return afterMs === undefined ? undefined : { afterMs: afterMs + 1000 };
  }

  #claim<T extends Pod | ControllerRevision>(set: StatefulSet, candidates: Iterable<T>, resource: ResourceRef<T>): Promise<T[]> {
    const { client } = this.#context;
    const namespace = set.metadata.namespace ?? "";
    return claim<StatefulSet, T>({
      owner: set,
      reference: controllerReference(set, statefulSets),
      matches: matcherOf(set.spec.selector),
      candidates,
      owners: client.of(statefulSets).in(namespace),
      objects: client.of(resource).in(namespace),
    });
  }

  async #updateRevision(set: StatefulSet, history: readonly ControllerRevision[]): Promise<ControllerRevision> {
    const { client } = this.#context;
    const reference = controllerReference(set, statefulSets);
    const plan = planRevision({ owner: set, reference, template: set.spec.template, collisionCount: set.status?.collisionCount }, history);
    try {
      return await performRevision(client, plan);
    } catch (error) {
      if (error instanceof RevisionCollision) {
        const status = { ...(set.status ?? { replicas: 0 }), collisionCount: (set.status?.collisionCount ?? 0) + 1 };
        await client.of(statefulSets).updateStatus({ ...set, status });
      }
      throw error;
    }
  }

  async #perform(set: StatefulSet, plan: StatefulPlan): Promise<void> {
    const { events } = this.#context;
    for (const pod of plan.ended) {
      events.event(set, "Warning", "RecreatingFailedPod", `StatefulSet ${objectKey(set)} is recreating failed Pod ${pod.metadata.name}`);
    }
    await Promise.all(plan.delete.map((pod) => this.#delete(set, pod)));
    await Promise.all(plan.create.map(({ ordinal, revision }) => this.#create(set, ordinal, revision)));
  }

  async #create(set: StatefulSet, ordinal: number, revision: ControllerRevision): Promise<void> {
    const { client, events } = this.#context;
    const [namespace, name, pod] = [set.metadata.namespace ?? "", set.metadata.name, podName(set, ordinal)];
    try {
      for (const draft of claimsOf(set, ordinal)) await this.#createClaim(set, pod, draft);
      await client
        .of(pods)
        .in(namespace)
        .create(ordinalPod(set, ordinal, revision));
      events.event(set, "Normal", "SuccessfulCreate", `create Pod ${pod} in StatefulSet ${name} successful`);
    } catch (error) {
      // Ours, not yet shown by the cache; a stranger by this name is waited for, and its end is an event.
      if (isAlreadyExists(error) || isNamespaceTerminating(error)) return;
      events.event(set, "Warning", "FailedCreate", `create Pod ${pod} in StatefulSet ${name} failed error: ${errorText(error)}`);
      throw error;
    }
  }

  async #createClaim(set: StatefulSet, pod: string, draft: ReturnType<typeof claimsOf>[number]): Promise<void> {
    const claimName = draft.metadata.name ?? "";
    try {
      await this.#context.client
        .of(persistentVolumeClaims)
        .in(set.metadata.namespace ?? "")
        .create(draft);
    } catch (error) {
      if (isAlreadyExists(error)) return;
      throw error;
    }
    this.#context.events.event(set, "Normal", "SuccessfulCreate", `create Claim ${claimName} Pod ${pod} in StatefulSet ${set.metadata.name} success`);
  }

  async #delete(set: StatefulSet, pod: Pod): Promise<void> {
    const { client, events } = this.#context;
    const { name, uid, namespace = "" } = pod.metadata;
    try {
      await client.of(pods).in(namespace).delete(name, { preconditions: { uid } });
    } catch (error) {
      if (isNotFound(error)) return;
      events.event(set, "Warning", "FailedDelete", `delete Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${errorText(error)}`);
      throw error;
    }
    events.event(set, "Normal", "SuccessfulDelete", `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`);
  }

  async #writeStatus(set: StatefulSet, { status }: StatefulPlan): Promise<void> {
    if (sameJson(status, set.status)) return;
    try {
      await this.#context.client.of(statefulSets).updateStatus({ ...set, status });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
