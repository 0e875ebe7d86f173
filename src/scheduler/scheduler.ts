/**
 * The scheduler's shell: informers fill the queue and the cache, one cycle after the other chooses nodes, bindings go to
 * the API server in the background. Every decision is made in schedule-pod.ts.
 */
import type { Pod } from "../api/core/v1/pod.ts";
import type { ComponentContext } from "../client/component.ts";
import { nodes, pods } from "../client/resources.ts";
import { Wakeup } from "../client/wakeup.ts";
import { objectKey } from "../machinery/object.ts";
import { StatusError } from "../machinery/status.ts";
import { timeText } from "../machinery/time.ts";
import { SchedulerCache } from "./cache.ts";
import type { ClusterChange, Plugin } from "./framework.ts";
import { podFacts } from "./node-info.ts";
import { defaultPlugins } from "./plugins/index.ts";
import { SchedulingQueue } from "./queue.ts";
import { type ScheduleResult, schedulePod } from "./schedule-pod.ts";

export interface SchedulerConfig {
  /** Pods whose spec.schedulerName is this are ours. */
  readonly schedulerName?: string;
  readonly plugins?: readonly Plugin[];
}

/** A finished pod takes no room, though its object stays. */
function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Cycles between two turns of the event loop: watches and bindings must not wait for a long queue. */
const cyclesPerTurn = 32;

export class Scheduler {
  readonly #context: ComponentContext;
  readonly #schedulerName: string;
  readonly #plugins: readonly Plugin[];
  readonly #cache = new SchedulerCache();
  readonly #queue: SchedulingQueue;
  readonly #work = new Wakeup();
  readonly #bindings = new Set<Promise<void>>();

  constructor(context: ComponentContext, config: SchedulerConfig = {}) {
    this.#context = context;
    this.#schedulerName = config.schedulerName ?? "default-scheduler";
    this.#plugins = config.plugins ?? defaultPlugins;
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
      update: (node) => {
        this.#cache.setNode(node);
        this.#changed("NodeUpdated");
      },
      delete: (node) => this.#cache.removeNode(node.metadata.name),
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
    await Promise.all(this.#bindings);
  }

  #onPod(pod: Pod, old: Pod | undefined): void {
    const key = objectKey(pod);
    if (isTerminal(pod)) {
      this.#queue.remove(key);
      this.#cache.removePod(key);
      if (old !== undefined && !isTerminal(old)) this.#changed("PodDeleted");
    } else if (pod.spec.nodeName) {
      this.#queue.remove(key);
      this.#cache.setPod(pod);
      // A pod that asks for less, or has other labels, may make room for others.
      this.#changed(old?.spec.nodeName ? "PodUpdated" : "PodAdded");
    } else if (pod.spec.schedulerName === this.#schedulerName && pod.metadata.deletionTimestamp === undefined) {
      if (this.#cache.isAssumed(key)) return;
      this.#queue.set(pod, this.#context.clock.now());
      this.#work.wake();
    } else {
      this.#queue.remove(key);
    }
  }

  #onPodDeleted(pod: Pod): void {
    const key = objectKey(pod);
    this.#queue.remove(key);
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
    const result = schedulePod(podFacts(pod), this.#cache.nodes(), this.#plugins, random);
    const work = result.type === "fits" ? this.#bind(pod, result.node) : this.#reportUnschedulable(pod, result);
    const tracked = work.finally(() => this.#bindings.delete(tracked));
    this.#bindings.add(tracked);
    return true;
  }

  async #bind(pod: Pod, nodeName: string): Promise<void> {
    const { client, events, clock, logger, signal } = this.#context;
    const key = objectKey(pod);
    const { name, namespace = "", uid } = pod.metadata;
    this.#cache.assume(pod, nodeName);
    try {
      const binding = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace, uid }, target: { apiVersion: "v1", kind: "Node", name: nodeName } };
      await client.of(pods).in(namespace).createSubresource(name, "binding", binding);
      this.#queue.remove(key);
      events.event(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${nodeName}`);
    } catch (error) {
      if (signal.aborted) return;
      this.#cache.forget(key);
      if (error instanceof StatusError && error.code === 404) return this.#queue.remove(key);
      logger.warn({ pod: key, node: nodeName, err: error }, "cannot bind pod; trying again");
      this.#queue.refused(key, new Set(), clock.now());
      this.#work.wake();
    }
  }

  async #reportUnschedulable(pod: Pod, result: ScheduleResult & { type: "unschedulable" }): Promise<void> {
    const { events, clock, logger, signal } = this.#context;
    const key = objectKey(pod);
    this.#queue.refused(key, result.refusedBy, clock.now());
    events.event(pod, "Warning", "FailedScheduling", result.message);
    try {
      await this.#setCondition(pod, result.message);
    } catch (error) {
      if (signal.aborted || (error instanceof StatusError && error.code === 404)) return;
      logger.warn({ pod: key, err: error }, "cannot record why a pod is unschedulable");
    }
  }

  /** PodScheduled False, so that `kubectl describe` and cluster autoscalers see why. */
  async #setCondition(pod: Pod, message: string): Promise<void> {
    const old = pod.status?.conditions?.find((condition) => condition.type === "PodScheduled");
    if (old?.status === "False" && old.reason === "Unschedulable" && old.message === message) return;
    const now = timeText(this.#context.clock.now());
    const lastTransitionTime = old?.status === "False" && old.lastTransitionTime !== undefined ? old.lastTransitionTime : now;
    const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message, lastTransitionTime };
    const { name, namespace = "", uid } = pod.metadata;
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await this.#context.client.of(pods).in(namespace).patch(name, patch, { type: "strategic" }, "status");
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
