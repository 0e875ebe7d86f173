/**
 * Pods for which room has been made on a node by preemption, or that say so in status.nominatedNodeName. Until they run
 * there, the room is theirs against pods of lower or equal priority.
 */
import type { Pod } from "../api/core/v1/pod.ts";
import { objectKey } from "../machinery/object.ts";
import { type PodFacts, podFacts } from "./node-info.ts";

export function priorityOf(pod: Pod): number {
  return pod.spec.priority ?? 0;
}

export class NominatedPods {
  readonly #byNode = new Map<string, Map<string, PodFacts>>();
  readonly #nodeOf = new Map<string, string>();

  nodeOf(key: string): string | undefined {
    return this.#nodeOf.get(key);
  }

  set(pod: Pod, nodeName: string): void {
    const key = objectKey(pod);
    this.remove(key);
    this.#nodeOf.set(key, nodeName);
    const pods = this.#byNode.get(nodeName) ?? new Map<string, PodFacts>();
    pods.set(key, podFacts(pod));
    this.#byNode.set(nodeName, pods);
  }

  /** An object from the API server: one older than our own nomination does not end it. */
  observe(pod: Pod, old: Pod | undefined): void {
    const nodeName = pod.status?.nominatedNodeName;
    if (nodeName) this.set(pod, nodeName);
    else if (old?.status?.nominatedNodeName) this.remove(objectKey(pod));
  }

  remove(key: string): void {
    const nodeName = this.#nodeOf.get(key);
    if (nodeName === undefined) return;
    this.#nodeOf.delete(key);
    const pods = this.#byNode.get(nodeName);
    pods?.delete(key);
    if (pods?.size === 0) this.#byNode.delete(nodeName);
  }

  /** Pods that `pod` must leave room for on this node. undefined when there are none, as nearly always. */
  ahead(pod: Pod, nodeName: string): PodFacts[] | undefined {
    const pods = this.#byNode.get(nodeName);
    if (pods === undefined) return undefined;
    const ahead = [...pods.values()].filter((other) => other.pod.metadata.uid !== pod.metadata.uid && priorityOf(other.pod) >= priorityOf(pod));
    return ahead.length === 0 ? undefined : ahead;
  }

  /** Pods of lower priority that count on this node. */
  behind(pod: Pod, nodeName: string): Pod[] {
    const pods = [...(this.#byNode.get(nodeName)?.values() ?? [])];
    return pods.filter((other) => priorityOf(other.pod) < priorityOf(pod)).map((other) => other.pod);
  }
}
