/** apps/v1 DaemonSet: the shell around `planDaemonSet`. */
import type { ControllerRevision } from "../../api/apps/v1/controller-revision.ts";
import type { DaemonSet } from "../../api/apps/v1/daemon-set.ts";
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { controllerRevisions, daemonSets, nodes, pods } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { sameJson } from "../../machinery/json.ts";
import { objectKey, type ResourceRef } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { BackOff } from "../shared/back-off.ts";
import { claim } from "../shared/claim.ts";
import { Expectations } from "../shared/expectations.ts";
import { deleteRevisions, hashOf, performRevision, planRevision, RevisionCollision, revisionHashLabel, surplusRevisions } from "../shared/history.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { claimablePods, watchOwnedPods } from "../shared/owned-pods.ts";
import { controllerIndex, controllerIndexValues, controllerReference, orphanKey } from "../shared/owners.ts";
import { createPod, deletePod } from "../shared/pod-control.ts";
import { nextAvailableMs } from "../shared/pod-state.ts";
import { isEmptySelector, matcherOf } from "../shared/selector.ts";
import { slowStart } from "../shared/slow-start.ts";
import { daemonPod, judgeNode } from "./daemon-pod.ts";
import { type DaemonPlan, type DaemonState, daemonSetStatus, planDaemonSet } from "./plan.ts";

const burst = 250;
const defaultHistoryLimit = 10;

export const daemonSetController: Controller = {
  name: "daemonset-controller",
  account: "daemon-set-controller",
  run: (context) => new DaemonSetLoop(context).run(),
};

class DaemonSetLoop {
  readonly #context: ComponentContext;
  readonly #sets: Informer<DaemonSet>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #queue: WorkQueue;
  readonly #expectations: Expectations;
  /** Failed pods of one set on one node: 1 s to 15 min. */
  readonly #failures = new BackOff(1000, 15 * 60_000);

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#sets = context.informers.informer(daemonSets);
    this.#pods = context.informers.informer(pods);
    this.#nodes = context.informers.informer(nodes);
    this.#revisions = context.informers.informer(controllerRevisions);
    this.#queue = createQueue(context);
    this.#expectations = new Expectations(context.clock);
  }

  run(): Promise<void> {
    const queue = this.#queue;
    const enqueue = (set: DaemonSet) => queue.add(objectKey(set));
    const gone = (set: DaemonSet) => {
      this.#expectations.forget(objectKey(set));
      enqueue(set);
    };
    this.#sets.addHandler({ add: enqueue, update: enqueue, delete: gone });
    this.#revisions.addIndex(controllerIndex, controllerIndexValues);
    watchOwnedPods({
      pods: this.#pods,
      owners: this.#sets,
      resource: daemonSets,
      matches: (set) => matcherOf(set.spec.selector),
      queue,
      expectations: this.#expectations,
      minReadySeconds: (set) => set.spec.minReadySeconds ?? 0,
    });
    this.#nodes.addHandler({
      add: (node) => this.#nodeChanged(undefined, node),
      update: (node, old) => this.#nodeChanged(old, node),
      delete: (node) => this.#nodeChanged(node, undefined),
    });
    return runLoop(this.#context, { queue, reconcile: (key) => this.#reconcile(key) });
  }

  /** Nodes report all the time; only what changes a verdict concerns a set. */
  #nodeChanged(old: Node | undefined, node: Node | undefined): void {
    const relevant = (of: Node) => ({ labels: of.metadata.labels, taints: of.spec.taints });
    if (old !== undefined && node !== undefined && sameJson(relevant(old), relevant(node))) return;
    const verdict = (set: DaemonSet, of: Node | undefined) => (of === undefined ? { shouldRun: false, mayStay: false } : judgeNode(set, of));
    for (const set of this.#sets.list()) if (!sameJson(verdict(set, old), verdict(set, node))) this.#queue.add(objectKey(set));
  }

  async #reconcile(key: string): Promise<Requeue | undefined> {
    const set = this.#sets.get(key);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
    if (isEmptySelector(set.spec.selector)) {
      this.#context.events.event(set, "Warning", "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.");
      return undefined;
    }
    const history = await this.#claimRevisions(set);
    const current = await this.#currentRevision(set, history);
    const state = this.#state(set, await this.#claimPods(set), hashOf(current));
    const plan = this.#expectations.satisfied(key) ? planDaemonSet(state) : undefined;
    const failure = plan === undefined ? undefined : await this.#perform(key, set, plan, state.hash);
    if (plan !== undefined) await this.#cleanUp(set, history, current, state.pods);
    await this.#writeStatus(set, state);
    if (failure !== undefined) throw failure;
    return this.#requeue(state, plan);
  }

  #state(set: DaemonSet, owned: readonly Pod[], hash: string): DaemonState {
    const nowMs = this.#context.clock.now();
    return { set, nodes: [...this.#nodes.list()], pods: owned, hash, failureBackOffMs: (node) => this.#failures.leftMs(failureKey(set, node), nowMs), nowMs };
  }

  #requeue(state: DaemonState, plan: DaemonPlan | undefined): Requeue | undefined {
    const waits = [plan?.againMs, nextAvailableMs(state.pods, state.set.spec.minReadySeconds ?? 0, state.nowMs)].filter((ms) => ms !== undefined);
    return waits.length === 0 ? undefined : { afterMs: Math.min(...waits) + 1000 };
  }

  #claimPods(set: DaemonSet): Promise<Pod[]> {
    return this.#claim(set, claimablePods(this.#pods, set), pods);
  }

  #claimRevisions(set: DaemonSet): Promise<ControllerRevision[]> {
    const namespace = set.metadata.namespace ?? "";
    const candidates = [...this.#revisions.byIndex(controllerIndex, set.metadata.uid), ...this.#revisions.byIndex(controllerIndex, orphanKey(namespace))];
    return this.#claim(set, candidates, controllerRevisions);
  }

  #claim<T extends Pod | ControllerRevision>(set: DaemonSet, candidates: Iterable<T>, resource: ResourceRef<T>): Promise<T[]> {
    const { client } = this.#context;
    const namespace = set.metadata.namespace ?? "";
    return claim<DaemonSet, T>({
      owner: set,
      reference: controllerReference(set, daemonSets),
      matches: matcherOf(set.spec.selector),
      candidates,
      owners: client.of(daemonSets).in(namespace),
      objects: client.of(resource).in(namespace),
    });
  }

  async #currentRevision(set: DaemonSet, history: readonly ControllerRevision[]): Promise<ControllerRevision> {
    const reference = controllerReference(set, daemonSets);
    const plan = planRevision({ owner: set, reference, template: set.spec.template, collisionCount: set.status?.collisionCount }, history);
    try {
      return await performRevision(this.#context.client, plan);
    } catch (error) {
      if (error instanceof RevisionCollision) await this.#countCollision(set);
      throw error;
    }
  }

  async #countCollision(set: DaemonSet): Promise<void> {
    const status = { ...(set.status ?? emptyStatus), collisionCount: (set.status?.collisionCount ?? 0) + 1 };
    await this.#context.client.of(daemonSets).updateStatus({ ...set, status });
  }

  /** The first failure, if one occurred. */
  async #perform(key: string, set: DaemonSet, plan: DaemonPlan, hash: string): Promise<unknown> {
    const create = plan.create.slice(0, burst);
    const remove = plan.delete.slice(0, burst);
    if (create.length + remove.length === 0) return undefined;
    this.#noteEnded(set, plan.ended);
    const uids = remove.map((pod) => pod.metadata.uid);
    this.#expectations.expect(key, create.length, uids);
    const deletions = Promise.allSettled(remove.map((pod) => this.#delete(key, set, pod)));
    const created = await slowStart(create.length, async (index) => {
      await createPod(this.#context, set, daemonPod(set, create[index]!, hash));
    });
    this.#expectations.creationObserved(key, create.length - created.succeeded);
    const failed = (await deletions).find((result) => result.status === "rejected");
    return failed?.reason ?? (isNamespaceTerminating(created.error) ? undefined : created.error);
  }

  async #delete(key: string, set: DaemonSet, pod: Pod): Promise<void> {
    let deleted = false;
    try {
      deleted = await deletePod(this.#context, set, pod);
    } finally {
      if (!deleted) this.#expectations.deletionObserved(key, pod.metadata.uid);
    }
  }

  #noteEnded(set: DaemonSet, ended: readonly Pod[]): void {
    const nowMs = this.#context.clock.now();
    this.#failures.collect(nowMs);
    for (const pod of ended) {
      const where = `${objectKey(pod)} on node ${pod.spec.nodeName ?? ""}`;
      if (pod.status?.phase === "Failed") {
        this.#failures.next(failureKey(set, pod.spec.nodeName ?? ""), nowMs);
        this.#context.events.event(set, "Warning", "FailedDaemonPod", `Found failed daemon pod ${where}, will try to kill it`);
      } else this.#context.events.event(set, "Normal", "SucceededDaemonPod", `Found succeeded daemon pod ${where}, will try to delete it`);
    }
  }

  async #cleanUp(set: DaemonSet, history: readonly ControllerRevision[], current: ControllerRevision, owned: readonly Pod[]): Promise<void> {
    const live = new Set(owned.map((pod) => pod.metadata.labels?.[revisionHashLabel] ?? ""));
    await deleteRevisions(
      this.#context.client,
      surplusRevisions(history, current, (revision) => live.has(hashOf(revision)), set.spec.revisionHistoryLimit ?? defaultHistoryLimit),
    );
  }

  async #writeStatus(set: DaemonSet, state: DaemonState): Promise<void> {
    const status = daemonSetStatus(state);
    if (sameJson(status, set.status)) return;
    try {
      await this.#context.client.of(daemonSets).updateStatus({ ...set, status });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

const emptyStatus = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };

/** A new generation is a new chance. */
function failureKey(set: DaemonSet, node: string): string {
  return `${set.metadata.uid}/${set.metadata.generation ?? 0}/${node}`;
}
