/** apps/v1 Deployment: the shell around `planDeployment`. */
import type { Deployment } from "../../api/apps/v1/deployment.ts";
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isAlreadyExists, isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { deployments, pods, replicaSets } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { claim } from "../shared/claim.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { watchOwned } from "../shared/owned-objects.ts";
import { controllerIndex, controllerIndexValues, controllerOf, controllerReference, orphanKey } from "../shared/owners.ts";
import { isEmptySelector, matcherOf } from "../shared/selector.ts";
import { type DeploymentEffect, planDeployment } from "./plan.ts";
import { replicasOf, sameTemplate } from "./replica-sets.ts";
import { newCondition, progressDeadlineMs, reasons, withCondition } from "./status.ts";

export const deploymentController: Controller = {
  name: "deployment-controller",
  account: "deployment-controller",
  run: (context) => new DeploymentLoop(context).run(),
};

class DeploymentLoop {
  readonly #context: ComponentContext;
  readonly #deployments: Informer<Deployment>;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #queue: WorkQueue;

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#deployments = context.informers.informer(deployments);
    this.#sets = context.informers.informer(replicaSets);
    this.#pods = context.informers.informer(pods);
    this.#queue = createQueue(context);
  }

  run(): Promise<void> {
    const queue = this.#queue;
    const enqueue = (object: Deployment) => queue.add(objectKey(object));
    this.#deployments.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    this.#pods.addIndex(controllerIndex, controllerIndexValues);
    watchOwned({ objects: this.#sets, owners: this.#deployments, resource: deployments, matches: (owner) => matcherOf(owner.spec.selector), queue });
    // Recreate waits for the last old pod.
    this.#pods.addHandler({ update: (pod, old) => pod.status?.phase !== old.status?.phase && this.#podEnded(pod), delete: (pod) => this.#podEnded(pod) });
    return runLoop(this.#context, { queue, reconcile: (key) => this.#reconcile(key) });
  }

  #podEnded(pod: Pod): void {
    const namespace = pod.metadata.namespace ?? "";
    const set = this.#sets.get(`${namespace}/${controllerOf(pod)?.name ?? ""}`);
    const deployment = set === undefined ? undefined : this.#deployments.get(`${namespace}/${controllerOf(set)?.name ?? ""}`);
    if (deployment?.spec.strategy?.type === "Recreate") this.#queue.add(objectKey(deployment));
  }

  async #reconcile(key: string): Promise<Requeue | undefined> {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined) return undefined;
    if (isEmptySelector(deployment.spec.selector)) {
      this.#context.events.event(deployment, "Warning", "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
      return undefined;
    }
    const sets = await this.#claim(deployment);
    const podsOf = (set: ReplicaSet) => this.#pods.byIndex(controllerIndex, set.metadata.uid);
    let requeue: Requeue | undefined;
    for (const effect of planDeployment({ deployment, sets, podsOf, nowMs: this.#context.clock.now() })) {
      if (effect.type === "lookAgain") requeue = { afterMs: effect.afterMs };
      else await this.#perform(deployment, effect);
    }
    return requeue;
  }

  #claim(deployment: Deployment): Promise<ReplicaSet[]> {
    const { client } = this.#context;
    const namespace = deployment.metadata.namespace ?? "";
    return claim({
      owner: deployment,
      reference: controllerReference(deployment, deployments),
      matches: matcherOf(deployment.spec.selector),
      candidates: [...this.#sets.byIndex(controllerIndex, deployment.metadata.uid), ...this.#sets.byIndex(controllerIndex, orphanKey(namespace))],
      owners: client.of(deployments).in(namespace),
      objects: client.of(replicaSets).in(namespace),
    });
  }

  async #perform(deployment: Deployment, effect: Exclude<DeploymentEffect, { type: "lookAgain" }>): Promise<void> {
    const { client } = this.#context;
    switch (effect.type) {
      case "createSet":
        return this.#createSet(deployment, effect.set);
      case "updateSet":
        await client.of(replicaSets).update(effect.set);
        if (effect.from !== undefined) this.#scaled(deployment, effect.set, effect.from);
        return;
      case "deleteSet":
        return this.#deleteSet(effect.set);
      case "writeStatus":
        await client.of(deployments).updateStatus(effect.deployment);
        return;
    }
  }

  async #createSet(deployment: Deployment, set: ReplicaSet): Promise<void> {
    try {
      await this.#context.client.of(replicaSets).create(set);
    } catch (error) {
      if (isAlreadyExists(error)) await this.#collided(deployment, set);
      else if (!isNamespaceTerminating(error)) await this.#createFailed(deployment, set, error);
      throw error;
    }
    if (replicasOf(set) > 0) this.#scaled(deployment, set, 0);
  }

  /** Our own, which the cache has not shown yet, or another template's with the same hash: then the next hash is another. */
  async #collided(deployment: Deployment, set: ReplicaSet): Promise<void> {
    const { client } = this.#context;
    const known = await client
      .of(replicaSets)
      .in(set.metadata.namespace ?? "")
      .get(set.metadata.name);
    if (controllerOf(known)?.uid === deployment.metadata.uid && sameTemplate(known.spec.template, set.spec.template)) return;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await client.of(deployments).updateStatus({ ...deployment, status: { ...deployment.status, collisionCount } });
  }

  async #createFailed(deployment: Deployment, set: ReplicaSet, error: unknown): Promise<void> {
    const message = `Failed to create new replica set "${set.metadata.name}": ${errorText(error)}`;
    this.#context.events.event(deployment, "Warning", reasons.createError, message);
    if (progressDeadlineMs(deployment) === undefined) return;
    const condition = newCondition("Progressing", "False", reasons.createError, message, this.#context.clock.now());
    const status = withCondition(deployment.status ?? {}, condition);
    if (status !== deployment.status) await this.#context.client.of(deployments).updateStatus({ ...deployment, status });
  }

  async #deleteSet(set: ReplicaSet): Promise<void> {
    try {
      await this.#context.client
        .of(replicaSets)
        .in(set.metadata.namespace ?? "")
        .delete(set.metadata.name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #scaled(deployment: Deployment, set: ReplicaSet, from: number): void {
    const direction = replicasOf(set) > from ? "up" : "down";
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${replicasOf(set)}`;
    this.#context.events.event(deployment, "Normal", "ScalingReplicaSet", message);
  }
}
