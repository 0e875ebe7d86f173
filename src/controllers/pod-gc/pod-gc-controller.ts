/** Collects pods nobody else will: too many that ended, those of nodes that are gone, those deleted before they had a node. */
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import type { Informer } from "../../client/informer.ts";
import { nodes, pods } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { informersSynced, runPeriodically } from "../shared/loop.ts";
import { disruptPod } from "../shared/pod-disruption.ts";
import { isTerminal, isTerminating } from "../shared/pod-state.ts";
import { timeMs } from "../shared/time.ts";

export interface PodGcState {
  readonly pods: readonly Pod[];
  readonly nodes: ReadonlyMap<string, Node>;
  /** Nodes that pods name and that have been missing for long enough. */
  readonly gone: ReadonlySet<string>;
  /** How many ended pods may stay; 0: all. */
  readonly terminatedThreshold: number;
}

export interface PodGcVerdict {
  readonly pod: Pod;
  readonly why: "terminated" | "orphaned" | "unscheduled" | "outOfService";
}

const outOfServiceTaint = "node.kubernetes.io/out-of-service";

export function decidePodGc({ pods: all, nodes: known, gone, terminatedThreshold }: PodGcState): PodGcVerdict[] {
  const verdicts = new Map<string, PodGcVerdict>();
  const add = (why: PodGcVerdict["why"], chosen: readonly Pod[]) => {
    for (const pod of chosen) if (!verdicts.has(pod.metadata.uid)) verdicts.set(pod.metadata.uid, { pod, why });
  };
  const nodeOf = (pod: Pod) => pod.spec.nodeName ?? "";
  if (terminatedThreshold > 0)
    add(
      "terminated",
      surplus(
        all.filter((pod) => isTerminal(pod) && !isTerminating(pod)),
        terminatedThreshold,
      ),
    );
  add(
    "outOfService",
    all.filter((pod) => isTerminating(pod) && isOutOfService(known.get(nodeOf(pod)))),
  );
  add(
    "orphaned",
    all.filter((pod) => gone.has(nodeOf(pod))),
  );
  add(
    "unscheduled",
    all.filter((pod) => isTerminating(pod) && nodeOf(pod) === ""),
  );
  return [...verdicts.values()];
}

/** Evicted ones first, then the oldest. */
function surplus(terminated: readonly Pod[], threshold: number): Pod[] {
  const rank = (pod: Pod) => (pod.status?.reason === "Evicted" ? 0 : 1);
  const ordered = [...terminated].sort((a, b) => rank(a) - rank(b) || timeMs(a.metadata.creationTimestamp) - timeMs(b.metadata.creationTimestamp));
  return ordered.slice(0, Math.max(0, ordered.length - threshold));
}

/** An administrator has said that the node is off: its pods cannot be running. */
function isOutOfService(node: Node | undefined): boolean {
  const ready = node?.status?.conditions?.find((condition) => condition.type === "Ready")?.status;
  return node !== undefined && ready !== "True" && (node.spec.taints ?? []).some((taint) => taint.key === outOfServiceTaint);
}

const periodMs = 20_000;
const quarantineMs = 40_000;
const defaultThreshold = 12_500;

export function podGcController(options: { readonly terminatedThreshold?: number } = {}): Controller {
  return {
    name: "pod-garbage-collector-controller",
    account: "pod-garbage-collector",
    run: async (context) => {
      const known = context.informers.informer(nodes);
      const all = context.informers.informer(pods);
      const quarantine = new Quarantine(context, known);
      if (!(await informersSynced(context))) return;
      await runPeriodically(context, periodMs, async () => {
        const list = [...all.list()];
        const state: PodGcState = {
          pods: list,
          nodes: new Map([...known.list()].map((node) => [node.metadata.name, node])),
          gone: await quarantine.gone(list),
          terminatedThreshold: options.terminatedThreshold ?? defaultThreshold,
        };
        for (const verdict of decidePodGc(state)) await perform(context, verdict);
      });
    },
  };
}

async function perform(context: ComponentContext, { pod, why }: PodGcVerdict): Promise<void> {
  context.logger.info({ pod: pod.metadata.name, namespace: pod.metadata.namespace, why }, "collecting a pod");
  const message = why === "orphaned" ? "PodGC: node no longer exists" : why === "outOfService" ? "PodGC: node is out of service" : "";
  if (message === "")
    await context.client
      .of(pods)
      .in(pod.metadata.namespace ?? "")
      .delete(pod.metadata.name, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
  else await disruptPod(context, pod, { reason: "DeletionByPodGC", message, fail: true, force: true });
}

/** A node may be missing from the cache, or between deletion and return: it counts as gone after a while, and when the API server says so. */
class Quarantine {
  readonly #context: ComponentContext;
  readonly #nodes: Informer<Node>;
  readonly #missingSince = new Map<string, number>();

  constructor(context: ComponentContext, known: Informer<Node>) {
    this.#context = context;
    this.#nodes = known;
  }

  async gone(all: readonly Pod[]): Promise<Set<string>> {
    const nowMs = this.#context.clock.now();
    const named = new Set(all.map((pod) => pod.spec.nodeName ?? "").filter((name) => name !== "" && this.#nodes.get(name) === undefined));
    for (const name of this.#missingSince.keys()) if (!named.has(name)) this.#missingSince.delete(name);
    const gone = new Set<string>();
    for (const name of named) {
      const since = this.#missingSince.get(name) ?? nowMs;
      this.#missingSince.set(name, since);
      if (nowMs - since >= quarantineMs && (await this.#context.client.of(nodes).find(name)) === undefined) gone.add(name);
    }
    return gone;
  }
}
