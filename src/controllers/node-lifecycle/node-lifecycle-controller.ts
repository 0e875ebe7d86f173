/** Watches over nodes: silence makes them Unknown, their conditions taint them, their pods stop being ready. */
import type { Lease } from "../../api/coordination/v1/lease.ts";
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { isConflict, isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { leases, nodes, pods } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import type { Controller } from "../controller.ts";
import { createQueue, informersSynced, runLoop, runPeriodically } from "../shared/loop.ts";
import { nodeIndex, podsByNode } from "../shared/node-pods.ts";
import { isReady, isTerminal } from "../shared/pod-state.ts";
import { timeText } from "../shared/time.ts";
import {
  desiredTaints,
  evictionIntervalMs,
  type NodeHealth,
  noExecuteKey,
  readyCondition,
  signOfLife,
  silencedConditions,
  zoneOf,
  zoneStates,
} from "./health.ts";

export interface NodeLifecycleOptions {
  /** Silence after which a node is Unknown. Default 40 s. */
  readonly gracePeriodMs?: number;
  /** The same for a node that has never reported. Default 60 s. */
  readonly startupGracePeriodMs?: number;
  /** How often nodes are looked at. Default 5 s. */
  readonly monitorPeriodMs?: number;
}

const leaseNamespace = "kube-node-lease";

export function nodeLifecycleController(options: NodeLifecycleOptions = {}): Controller {
  return {
    name: "node-lifecycle-controller",
    account: "node-controller",
    eventSource: "node-controller",
    run: (context) => new NodeLifecycle(context, options).run(),
  };
}

class NodeLifecycle {
  readonly #context: ComponentContext;
  readonly #options: Required<NodeLifecycleOptions>;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #leases: Informer<Lease>;
  readonly #queue: WorkQueue;
  readonly #health = new Map<string, NodeHealth>();
  /** Zones by when their last node was evicted. */
  readonly #evictedMs = new Map<string, number>();

  constructor(context: ComponentContext, options: NodeLifecycleOptions) {
    this.#context = context;
    this.#options = { gracePeriodMs: 40_000, startupGracePeriodMs: 60_000, monitorPeriodMs: 5_000, ...options };
    this.#nodes = context.informers.informer(nodes);
    this.#pods = context.informers.informer(pods);
    this.#leases = context.informers.informer(leases, { namespace: leaseNamespace });
    this.#queue = createQueue(context);
  }

  async run(): Promise<void> {
    this.#pods.addIndex(nodeIndex, podsByNode);
    const { events } = this.#context;
    this.#nodes.addHandler({
      add: (node) => {
        const { name } = node.metadata;
        if (this.#nodes.synced) events.event(node, "Normal", "RegisteredNode", `Node ${name} event: Registered Node ${name} in Controller`);
        this.#queue.add(name);
      },
      update: (node) => this.#queue.add(node.metadata.name),
      delete: (node) => {
        const { name } = node.metadata;
        this.#health.delete(name);
        events.event(node, "Normal", "RemovingNode", `Node ${name} event: Removing Node ${name} from Controller`);
      },
    });
    const loop = runLoop(this.#context, { queue: this.#queue, reconcile: (name) => this.#reconcile(name) });
    if (await informersSynced(this.#context)) await runPeriodically(this.#context, this.#options.monitorPeriodMs, () => this.#monitor());
    await loop;
  }

  async #monitor(): Promise<void> {
    const nowMs = this.#context.clock.now();
    for (const node of [...this.#nodes.list()]) {
      if (this.#isSilent(node, nowMs)) await this.#silence(node, nowMs);
    }
  }

  #isSilent(node: Node, nowMs: number): boolean {
    const { name } = node.metadata;
    const sign = signOfLife(node, this.#leases.get(`${leaseNamespace}/${name}`)?.spec.renewTime);
    const known = this.#health.get(name);
    if (known?.sign !== sign) {
      this.#health.set(name, { sign, aliveMs: nowMs });
      return false;
    }
    const graceMs = readyCondition(node) === undefined ? this.#options.startupGracePeriodMs : this.#options.gracePeriodMs;
    return nowMs - known.aliveMs > graceMs;
  }

  async #silence(node: Node, nowMs: number): Promise<void> {
    const conditions = silencedConditions(node, nowMs);
    if (conditions === undefined) return;
    try {
      await this.#context.client.of(nodes).updateStatus({ ...node, status: { ...node.status, conditions } });
    } catch (error) {
      // It has spoken after all, or has gone.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }

  async #reconcile(name: string): Promise<Requeue | undefined> {
    const node = this.#nodes.get(name);
    if (node === undefined) return undefined;
    const nowMs = this.#context.clock.now();
    if (readyCondition(node)?.status !== "True" && readyCondition(node) !== undefined) await this.#markPodsNotReady(node, nowMs);
    const waitMs = this.#evictionWaitMs(node, nowMs);
    const taints = desiredTaints(node, waitMs === 0, nowMs);
    if (taints !== undefined) {
      if (waitMs === 0) this.#evictedMs.set(zoneOf(node), nowMs);
      await this.#ignoreGone(this.#context.client.of(nodes).update({ ...node, spec: { ...node.spec, taints } }));
    }
    return waitMs === undefined || waitMs === 0 ? undefined : { afterMs: waitMs };
  }

  /** Milliseconds until this node's pods may be evicted; 0: now; undefined: no need, or everything is down. */
  #evictionWaitMs(node: Node, nowMs: number): number | undefined {
    const key = noExecuteKey(node);
    if (key === undefined || node.spec.taints?.some((taint) => taint.effect === "NoExecute" && taint.key === key)) return undefined;
    const zone = zoneOf(node);
    const all = [...this.#nodes.list()];
    const intervalMs = evictionIntervalMs(zoneStates(all), zone, all.filter((other) => zoneOf(other) === zone).length);
    // Asked again with every report of a node; a recovery is one.
    if (intervalMs === undefined) return this.#options.monitorPeriodMs;
    const lastMs = this.#evictedMs.get(zone);
    return lastMs === undefined ? 0 : Math.max(0, lastMs + intervalMs - nowMs);
  }

  /** Services must not send traffic there, and nobody else can say so while the kubelet is silent. */
  async #markPodsNotReady(node: Node, nowMs: number): Promise<void> {
    for (const pod of [...this.#pods.byIndex(nodeIndex, node.metadata.name)]) {
      if (isTerminal(pod) || !isReady(pod)) continue;
      const conditions = (pod.status?.conditions ?? []).map((condition) =>
        condition.type === "Ready" ? { ...condition, status: "False", lastTransitionTime: timeText(nowMs) } : condition,
      );
      await this.#ignoreGone(this.#context.client.of(pods).updateStatus({ ...pod, status: { ...pod.status, conditions } }));
      this.#context.events.event(pod, "Warning", "NodeNotReady", "Node is not ready");
    }
  }

  async #ignoreGone(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
