/**
 * Simulated nodes: to the API server they are nodes like any other, with heartbeats, and pods bound to them run; only the
 * containers are a model. All of them share one set of informers, so thousands cost little.
 */
import type { Pod } from "../api/core/v1/pod.ts";
import type { ComponentContext } from "../client/component.ts";
import { leases, nodes, pods } from "../client/resources.ts";
import { runWorkers } from "../client/run-workers.ts";
import { WorkQueue } from "../client/work-queue.ts";
import { objectKey } from "../machinery/object.ts";
import { StatusError } from "../machinery/status.ts";
import { microTimeText } from "../machinery/time.ts";
import { defaultModel, nextStep, type PodModel, simulatedNode } from "./model.ts";

export interface SimulatorConfig {
  readonly nodes: readonly string[];
  readonly capacity?: Readonly<Record<string, string>>;
  readonly model?: PodModel;
}

const defaultCapacity = { cpu: "32", memory: "256Gi", "ephemeral-storage": "1Ti", pods: "110" };
const heartbeatMs = 10_000;
const leaseSeconds = 40;
const workers = 8;

/** Runs until the context's signal aborts. */
export async function runSimulatedNodes(context: ComponentContext, config: SimulatorConfig): Promise<void> {
  const simulator = new Simulator(context, config);
  await Promise.all([simulator.runPods(), simulator.runNodes()]);
}

class Simulator {
  readonly #context: ComponentContext;
  readonly #config: SimulatorConfig;
  readonly #indexes: ReadonlyMap<string, number>;
  /** When a pod was first seen, and its address; by uid. */
  readonly #facts = new Map<string, { seenMs: number; podIP: string }>();
  #nextAddress = 1;

  constructor(context: ComponentContext, config: SimulatorConfig) {
    this.#context = context;
    this.#config = config;
    this.#indexes = new Map(config.nodes.map((name, index) => [name, index]));
  }

  async runPods(): Promise<void> {
    const { informers, clock, logger, signal } = this.#context;
    const queue = new WorkQueue({ clock });
    const informer = informers.informer(pods);
    const enqueue = (pod: Pod) => this.#indexes.has(pod.spec.nodeName ?? "") && queue.add(objectKey(pod));
    using _handler = informer.addHandler({ add: enqueue, update: enqueue, delete: (pod) => this.#facts.delete(pod.metadata.uid) });
    await informers.start();
    await runWorkers({
      queue,
      concurrency: workers,
      logger,
      signal,
      reconcile: async (key) => {
        const pod = informer.get(key);
        return pod === undefined ? undefined : await this.#advance(pod);
      },
    });
  }

  async #advance(pod: Pod): Promise<{ afterMs: number } | undefined> {
    const { client, clock } = this.#context;
    const { name, namespace = "", uid } = pod.metadata;
    const now = clock.now();
    const step = nextStep(pod, { ...this.#factsOf(pod, now), hostIP: this.#address(pod.spec.nodeName ?? "") }, this.#config.model ?? defaultModel, now);
    const scoped = client.of(pods).in(namespace);
    if (step.type === "wait") return { afterMs: Math.max(1, step.untilMs - now) };
    try {
      if (step.type === "remove") await scoped.delete(name, { gracePeriodSeconds: 0, preconditions: { uid } });
      if (step.type === "status") await scoped.patch(name, { metadata: { uid }, status: step.status }, { type: "merge" }, "status");
    } catch (error) {
      // Gone, or another pod of that name: its own events follow.
      if (!(error instanceof StatusError && (error.code === 404 || error.code === 409))) throw error;
    }
    return undefined;
  }

  async runNodes(): Promise<void> {
    const { client, clock, logger, signal } = this.#context;
    const capacity = this.#config.capacity ?? defaultCapacity;
    for (const name of this.#config.nodes) {
      const found = await client.of(nodes).find(name);
      if (found === undefined) await client.of(nodes).create(simulatedNode(name, this.#address(name), capacity, clock.now()));
    }
    while (!signal.aborted) {
      try {
        for (const name of this.#config.nodes) await this.#renew(name);
        await clock.sleep(heartbeatMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, "cannot renew the leases of simulated nodes; trying again");
        await clock.sleep(1_000, signal).catch(() => {}); // Ends early only when the loop ends too.
      }
    }
  }

  async #renew(name: string): Promise<void> {
    const { client, clock } = this.#context;
    const renewTime = microTimeText(clock.now());
    const lease = { metadata: { name, namespace: "kube-node-lease" }, spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime } };
    await client
      .of(leases)
      .in("kube-node-lease")
      .patch(name, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", ...lease }, { type: "apply", fieldManager: "simulator", force: true });
  }

  #factsOf(pod: Pod, now: number): { seenMs: number; podIP: string } {
    let facts = this.#facts.get(pod.metadata.uid);
    if (facts === undefined) {
      facts = { seenMs: now, podIP: addressOf(10, 200, this.#nextAddress++) };
      this.#facts.set(pod.metadata.uid, facts);
    }
    return facts;
  }

  #address(node: string): string {
    return addressOf(10, 100, (this.#indexes.get(node) ?? 0) + 1);
  }
}

function addressOf(first: number, second: number, n: number): string {
  return `${first}.${second + ((n >> 16) & 0x1f)}.${(n >> 8) & 0xff}.${n & 0xff}`;
}
