/** policy/v1 PodDisruptionBudget: keeps the status by which the eviction subresource decides. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isConflict, isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { deployments, podDisruptionBudgets, pods, replicaSets, replicationControllers, statefulSets } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { sameJson } from "../../machinery/json.ts";
import { type KubeObject, objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { controllerOf } from "../shared/owners.ts";
import { isReady } from "../shared/pod-state.ts";
import { matcherOf } from "../shared/selector.ts";
import { type BudgetStatus, budgetStatus, failedStatus } from "./status.ts";

export const disruptionController: Controller = {
  name: "disruption-controller",
  account: "disruption-controller",
  eventSource: "controllermanager",
  run: (context) => new DisruptionLoop(context).run(),
};

/** Kinds of controllers that say how many pods there should be. */
const scaled = { ReplicaSet: replicaSets, Deployment: deployments, ReplicationController: replicationControllers, StatefulSet: statefulSets };

class DisruptionLoop {
  readonly #context: ComponentContext;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;
  readonly #controllers: ReadonlyMap<string, Informer<KubeObject>>;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#budgets = context.informers.informer(podDisruptionBudgets);
    this.#pods = context.informers.informer(pods);
    this.#controllers = new Map(Object.entries(scaled).map(([kind, resource]) => [kind, context.informers.informer<KubeObject>(resource)]));
    this.#queue = createQueue(context);
  }

  run(): Promise<void> {
    const queue = this.#queue;
    const enqueue = (budget: PodDisruptionBudget) => queue.add(objectKey(budget));
    this.#budgets.addHandler({ add: enqueue, update: enqueue });
    const podChanged = (pod: Pod) => {
      for (const budget of this.#budgets.inNamespace(pod.metadata.namespace ?? "")) {
        if (matcherOf(budget.spec.selector)(pod.metadata.labels)) enqueue(budget);
      }
    };
    this.#pods.addHandler({
      add: podChanged,
      update: (pod, old) => {
        const facts = (of: Pod) => [isReady(of), of.metadata.deletionTimestamp, of.metadata.labels, controllerOf(of)?.uid];
        if (sameJson(facts(pod), facts(old))) return;
        podChanged(old);
        podChanged(pod);
      },
      delete: podChanged,
    });
    for (const informer of this.#controllers.values()) {
      informer.addHandler({
        update: (object, old) => {
          if (replicasOf(object) === replicasOf(old)) return;
          for (const budget of this.#budgets.inNamespace(object.metadata.namespace ?? "")) enqueue(budget);
        },
      });
    }
    return runLoop(this.#context, { queue, concurrency: 2, reconcile: (key) => this.#reconcile(key) });
  }

  async #reconcile(key: string): Promise<Requeue | undefined> {
    const budget = this.#budgets.get(key);
    if (budget === undefined) return undefined;
    const { status, againMs } = this.#status(budget);
    if (!sameJson(status, budget.status)) {
      try {
        await this.#context.client.of(podDisruptionBudgets).updateStatus({ ...budget, status });
      } catch (error) {
        // An eviction was granted meanwhile: its event brings us back.
        if (!isConflict(error) && !isNotFound(error)) throw error;
      }
    }
    return againMs === undefined ? undefined : { afterMs: againMs };
  }

  #status(budget: PodDisruptionBudget): BudgetStatus {
    const { clock, events } = this.#context;
    const matches = matcherOf(budget.spec.selector);
    const selected = [...this.#pods.inNamespace(budget.metadata.namespace ?? "")].filter((pod) => matches(pod.metadata.labels));
    if (selected.length === 0) events.event(budget, "Normal", "NoPods", "No matching pods found");
    try {
      return budgetStatus({ budget, pods: selected, expectedScale: () => this.#expectedScale(selected), nowMs: clock.now() });
    } catch (error) {
      const message = errorText(error);
      events.event(budget, "Warning", "CalculateExpectedPodCountFailed", `Failed to calculate the number of expected pods: ${message}`);
      return { status: failedStatus(budget, message, clock.now()) };
    }
  }

  /** Each controller counts once. Pods of none are not counted on. */
  #expectedScale(selected: readonly Pod[]): number {
    const scales = new Map<string, number>();
    for (const pod of selected) {
      const controller = this.#topController(pod);
      if (controller !== undefined) scales.set(controller.metadata.uid, replicasOf(controller));
    }
    return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
  }

  /** The Deployment of a ReplicaSet that has one, else the pod's own controller. */
  #topController(pod: Pod): KubeObject | undefined {
    const reference = controllerOf(pod);
    if (reference === undefined) return undefined;
    const controller = this.#find(pod.metadata.namespace ?? "", reference);
    if (controller === undefined) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
    const parent = controllerOf(controller);
    return (parent?.kind === "Deployment" ? this.#find(pod.metadata.namespace ?? "", parent) : undefined) ?? controller;
  }

  #find(namespace: string, { kind, name, uid }: { kind: string; name: string; uid: string }): KubeObject | undefined {
    const found = this.#controllers.get(kind)?.get(`${namespace}/${name}`);
    return found?.metadata.uid === uid ? found : undefined;
  }
}

function replicasOf(object: KubeObject): number {
  return (object as { spec?: { replicas?: number } }).spec?.replicas ?? 1;
}
