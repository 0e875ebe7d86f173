/**
 * The scheduler's shell: informers fill the queue and the cache, one cycle after the other chooses nodes, bindings go to
 * the API server in the background. Every decision is made in schedule-pod.ts.
 */

import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { ComponentContext } from "../client/component.ts";
import { nodes, pods } from "../client/resources.ts";
import { Wakeup } from "../client/wakeup.ts";
import { sameJson } from "../machinery/json.ts";
import { objectKey } from "../machinery/object.ts";
import { StatusError } from "../machinery/status.ts";
import { timeText } from "../machinery/time.ts";
import { SchedulerCache } from "./cache.ts";
import { clusterObjects, type InformedObjects } from "./cluster-objects.ts";
import { Cycle } from "./cycle.ts";
import { evictVictims, isGone } from "./evictions.ts";
import type { ClusterChange, Plugin } from "./framework.ts";
import { podFacts } from "./node-info.ts";
import { NominatedPods } from "./nominated-pods.ts";
import { defaultPlugins } from "./plugins/index.ts";
import { type PreemptionResult, preempt } from "./preemption.ts";
import { SchedulingQueue } from "./queue.ts";
import { schedulePod } from "./schedule-pod.ts";

/** `spec.schedulerName` of pods that name none, and source of the scheduler's Events. */
export const defaultSchedulerName = "default-scheduler";

export interface SchedulerConfig {
  /** Pods whose spec.schedulerName is this are ours. */
  readonly schedulerName?: string;
  readonly plugins?: readonly Plugin[];
}

/** A finished pod takes no room, though its object stays. */
function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Heartbeats write nodes often; few of these writes matter to pods that wait. */
function suitsOthersNow(node: Node, old: Node): boolean {
  return (
    node.spec.unschedulable !== old.spec.unschedulable ||
    !sameJson(node.metadata.labels, old.metadata.labels) ||
    !sameJson(node.spec.taints, old.spec.taints) ||
    !sameJson(node.status?.allocatable, old.status?.allocatable)
  );
}

/** A pod that asks for less, or has other labels, may make room for others; its status does not. */
function affectsOthers(pod: Pod, old: Pod): boolean {
  return pod.metadata.generation !== old.metadata.generation || !sameJson(pod.metadata.labels, old.metadata.labels);
}

/** Cycles between two turns of the event loop: watches and bindings must not wait for a long queue. */
const cyclesPerTurn = 32;

export class Scheduler {
  readonly #context: ComponentContext;
  readonly #schedulerName: string;
  readonly #plugins: readonly Plugin[];
  readonly #objects: InformedObjects;
  readonly #cache: SchedulerCache;
  readonly #nominated = new NominatedPods();
  readonly #queue: SchedulingQueue;
  readonly #work = new Wakeup();
  /** Bindings, preemptions and reports under way. */
  readonly #background = new Set<Promise<void>>();
  /** Index of the node with which the next search starts. */
  #nextStart = 0;

  constructor(context: ComponentContext, config: SchedulerConfig = {}) {
    this.#context = context;
    this.#schedulerName = config.schedulerName ?? defaultSchedulerName;
    this.#plugins = config.plugins ?? defaultPlugins;
    this.#objects = clusterObjects(context.informers);
    this.#cache = new SchedulerCache(this.#objects);
    this.#queue = new SchedulingQueue((refusedBy, change) => this.#plugins.some((plugin) => refusedBy.has(plugin.name) && plugin.wakeOn.includes(change)));
  }

  /** Runs until the context's signal aborts. */
  async run(): Promise<void> {
    const { informers, signal } = this.#context;
    using _nodes = informers.informer(nodes).addHandler({
      add: (node) => {
        this.#cache.setNode(node);
        this.#changed("NodeAdded");
      },
      update: (node, old) => {
        this.#cache.setNode(node);
        if (suitsOthersNow(node, old)) this.#changed("NodeUpdated");
      },
      delete: (node) => {
        this.#cache.removeNode(node.metadata.name);
        this.#changed("NodeRemoved");
      },
    });
    using _pods = informers.informer(pods).addHandler({
      add: (pod) => this.#onPod(pod, undefined),
      update: (pod, old) => this.#onPod(pod, old),
      delete: (pod) => this.#onPodDeleted(pod),
    });
    await informers.start();
    while (!signal.aborted) {
      for (let i = 0; i < cyclesPerTurn && this.#cycle(); i++);
      await this.#idle();
    }
    await Promise.all(this.#background);
  }

  #onPod(pod: Pod, old: Pod | undefined): void {
    const key = objectKey(pod);
    if (isTerminal(pod)) {
      this.#leave(key);
      this.#cache.removePod(key);
      if (old !== undefined && !isTerminal(old)) this.#changed("PodDeleted");
    } else if (pod.spec.nodeName) {
      this.#leave(key);
      this.#cache.setPod(pod);
      if (!old?.spec.nodeName) this.#changed("PodAdded");
      else if (affectsOthers(pod, old)) this.#changed("PodUpdated");
    } else if (pod.spec.schedulerName === this.#schedulerName && pod.metadata.deletionTimestamp === undefined) {
      if (this.#cache.isAssumed(key)) return;
      this.#nominated.observe(pod, old);
      this.#queue.set(pod, this.#context.clock.now());
      this.#work.wake();
    } else {
      this.#leave(key);
    }
  }

  /** The pod needs no node any more. */
  #leave(key: string): void {
    this.#queue.remove(key);
    if (this.#nominated.nodeOf(key) === undefined) return;
    this.#nominated.remove(key);
    this.#changed("PodDeleted");
  }

  #onPodDeleted(pod: Pod): void {
    const key = objectKey(pod);
    this.#leave(key);
    this.#cache.removePod(key);
    this.#changed("PodDeleted");
  }

  #changed(change: ClusterChange): void {
    this.#queue.onChange(change, this.#context.clock.now());
    this.#work.wake();
  }

  /** Tries one pod; false when none is due. */
  #cycle(): boolean {
    const { clock, random } = this.#context;
    const pod = this.#queue.pop(clock.now());
    if (pod === undefined) return false;
    const cycle = new Cycle(podFacts(pod), this.#cache, this.#plugins, this.#nominated);
    const result = schedulePod(cycle, random, this.#nextStart);
    if (result.type === "fits") {
      this.#nextStart = (this.#nextStart + result.examinedNodes) % this.#cache.nodes.length;
      this.#track(this.#bind(pod, result.node));
      return true;
    }
    const preemption = preempt(cycle, result.misfits, this.#objects.budgets.list(), random);
    if (preemption.type === "preempt") this.#track(this.#preempt(pod, preemption, result.message));
    else this.#track(this.#refuse(pod, result.refusedBy, `${result.message} ${preemption.message}`, preemption.clear));
    return true;
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  async #bind(pod: Pod, nodeName: string): Promise<void> {
    const { client, events, clock, logger, signal } = this.#context;
    const key = objectKey(pod);
    const { name, namespace = "", uid } = pod.metadata;
    this.#cache.assume(pod, nodeName);
    this.#nominated.remove(key);
    try {
      const binding = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace, uid }, target: { apiVersion: "v1", kind: "Node", name: nodeName } };
      await client.of(pods).in(namespace).createSubresource(name, "binding", binding);
      this.#queue.remove(key);
      events.event(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${nodeName}`);
    } catch (error) {
      if (signal.aborted) return;
      this.#cache.forget(key);
      this.#changed("PodDeleted");
      if (error instanceof StatusError && error.code === 404) return this.#queue.remove(key);
      logger.warn({ pod: key, node: nodeName, err: error }, "cannot bind pod; trying again");
      this.#queue.refused(key, new Set(), clock.now());
      this.#work.wake();
    }
  }

  /** No node for now: the pod waits for a change that helps, and its owner is told. */
  async #refuse(pod: Pod, refusedBy: ReadonlySet<string>, message: string, clearNomination: boolean): Promise<void> {
    const key = objectKey(pod);
    const wasNominated = clearNomination && this.#nominated.nodeOf(key) !== undefined;
    if (wasNominated) this.#nominated.remove(key);
    this.#queue.refused(key, refusedBy, this.#context.clock.now());
    await this.#report(pod, message, wasNominated ? null : undefined);
  }

  /** The pod is in flight until its victims are told to go; then it is tried again after its back-off. */
  async #preempt(pod: Pod, { node, victims }: PreemptionResult & { type: "preempt" }, message: string): Promise<void> {
    const { clock, logger, signal } = this.#context;
    const key = objectKey(pod);
    const outranked = this.#nominated.behind(pod, node);
    this.#nominated.set(pod, node);
    for (const other of outranked) this.#nominated.remove(objectKey(other));
    try {
      await Promise.all([
        evictVictims(this.#context, pod, victims, node),
        this.#report(pod, message, node),
        ...outranked.map((other) => this.#patchStatus(other, { nominatedNodeName: null })),
      ]);
    } catch (error) {
      if (!signal.aborted) logger.warn({ pod: key, node, err: error }, "cannot make room for pod; trying again");
    }
    this.#queue.refused(key, new Set(), clock.now());
    this.#work.wake();
  }

  async #report(pod: Pod, message: string, nominatedNodeName: string | null | undefined): Promise<void> {
    const { events, logger, signal } = this.#context;
    events.event(pod, "Warning", "FailedScheduling", message);
    try {
      await this.#setCondition(pod, message, nominatedNodeName);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ pod: objectKey(pod), err: error }, "cannot record why a pod is unschedulable");
    }
  }

  /** PodScheduled False, so that `kubectl describe` and cluster autoscalers see why. `null` ends a nomination. */
  async #setCondition(pod: Pod, message: string, nominatedNodeName: string | null | undefined): Promise<void> {
    const old = pod.status?.conditions?.find((condition) => condition.type === "PodScheduled");
    const nomination = nominatedNodeName === undefined || nominatedNodeName === pod.status?.nominatedNodeName ? {} : { nominatedNodeName };
    const isKnown = old?.status === "False" && old.reason === "Unschedulable" && old.message === message;
    if (isKnown && Object.keys(nomination).length === 0) return;
    const now = timeText(this.#context.clock.now());
    const lastTransitionTime = old?.status === "False" && old.lastTransitionTime !== undefined ? old.lastTransitionTime : now;
    const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message, lastTransitionTime };
    await this.#patchStatus(pod, { ...nomination, conditions: [condition] });
  }

  /** A pod that is gone, or another of its name, is left alone. */
  async #patchStatus({ metadata: { name, namespace = "", uid } }: Pod, status: object): Promise<void> {
    try {
      await this.#context.client.of(pods).in(namespace).patch(name, { metadata: { uid }, status }, { type: "strategic" }, "status");
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** Until there is something to do; a turn of the event loop at least. */
  async #idle(): Promise<void> {
    const { clock, signal } = this.#context;
    await new Promise<void>((resolve) => setImmediate(resolve));
    const now = clock.now();
    const due = this.#queue.nextDue(now);
    if (signal.aborted || (due !== undefined && due <= now)) return;
    await this.#work.wait(clock, signal, due === undefined ? undefined : due - now);
  }
}

export async function runScheduler(context: ComponentContext, config: SchedulerConfig = {}): Promise<void> {
  await new Scheduler(context, config).run();
}
