/** Decides on pods new to this node: at once where nothing speaks against one, and by the latest Node before one is refused. */
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { errorText } from "../../client/errors.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { admitPod, type Refusal } from "./admission.ts";

export type NodeView = Pick<Node, "metadata" | "spec" | "status">;

export interface AdmissionDeskOptions {
  /** This node as the API was last heard to hold it, or as this kubelet would register it. */
  node(): NodeView;
  /** This node as the API holds it now. */
  latestNode(): Promise<NodeView>;
  /** Pods already admitted that have not ended. */
  others(): readonly Pod[];
  take(pod: Pod): void;
  refuse(pod: Pod, refusal: Refusal): void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const retryMs = 1000;

/**
 * A refusal is for good, so it must not rest on old news: the scheduler may have heard of a label, or of a taint that
 * went, before this kubelet's informer did.
 */
export class AdmissionDesk {
  readonly #options: AdmissionDeskOptions;
  /** Newest version of each pod that waits for the latest Node, by uid. */
  readonly #waiting = new Map<string, Pod>();
  readonly #asking = new Set<Promise<void>>();

  constructor(options: AdmissionDeskOptions) {
    this.#options = options;
  }

  has(podUid: string): boolean {
    return this.#waiting.has(podUid);
  }

  /** A new pod, or a newer version of one that waits here. Calls `take` or `refuse` once, now or later. */
  judge(pod: Pod): void {
    const { node, others, take } = this.#options;
    const { uid } = pod.metadata;
    if (this.#waiting.has(uid)) this.#waiting.set(uid, pod);
    else if (admitPod(pod, others(), node()) === undefined) take(pod);
    else {
      this.#waiting.set(uid, pod);
      const asking = this.#ask(uid).finally(() => this.#asking.delete(asking));
      this.#asking.add(asking);
    }
  }

  /** The pod is gone. */
  forget(podUid: string): void {
    this.#waiting.delete(podUid);
  }

  /** Settles when nothing is being asked any more; pods that wait then were not decided on because `signal` aborted. */
  async settled(): Promise<void> {
    await Promise.all(this.#asking);
  }

  async #ask(podUid: string): Promise<void> {
    const { others, take, refuse } = this.#options;
    const node = await this.#latest();
    const pod = this.#waiting.get(podUid);
    if (node === undefined || pod === undefined) return;
    this.#waiting.delete(podUid);
    const refusal = admitPod(pod, others(), node);
    if (refusal === undefined) take(pod);
    else refuse(pod, refusal);
  }

  async #latest(): Promise<NodeView | undefined> {
    const { latestNode, clock, logger, signal } = this.#options;
    while (!signal.aborted) {
      try {
        return await latestNode();
      } catch (error) {
        if (!signal.aborted) logger.warn({ error: errorText(error) }, "cannot read this node to judge a pod; trying again");
        await clock.sleep(retryMs, signal).catch(() => {});
      }
    }
    return undefined;
  }
}
