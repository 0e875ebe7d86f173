/**
 * The scheduler's view of nodes and the pods on them. A pod counts on its node from the moment the scheduler has chosen
 * it ("assumed"), before the API server has confirmed the binding, so that the next cycle does not give its room away.
 */
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import { objectKey } from "../machinery/object.ts";
import type { SchedulableNode } from "./framework.ts";
import { NodeInfo } from "./node-info.ts";

export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Pod key -> name of the node it counts on. */
  readonly #placed = new Map<string, string>();
  readonly #assumed = new Set<string>();
  #schedulable: SchedulableNode[] | undefined;

  setNode(node: Node): void {
    this.#info(node.metadata.name).setNode(node);
    this.#schedulable = undefined;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined) return;
    info.setNode(undefined);
    if (info.pods.size === 0) this.#nodes.delete(name);
    this.#schedulable = undefined;
  }

  /** A pod that the API server says is bound to a node. */
  setPod(pod: Pod): void {
    this.#assumed.delete(objectKey(pod));
    this.#place(pod, pod.spec.nodeName ?? "");
  }

  /** Gone, or finished: it takes no room any more. */
  removePod(key: string): void {
    this.#assumed.delete(key);
    const nodeName = this.#placed.get(key);
    if (nodeName === undefined) return;
    this.#placed.delete(key);
    const info = this.#nodes.get(nodeName);
    info?.removePod(key);
    if (info?.node === undefined && info?.pods.size === 0) this.#nodes.delete(nodeName);
  }

  assume(pod: Pod, nodeName: string): void {
    this.#assumed.add(objectKey(pod));
    this.#place(pod, nodeName);
  }

  /** The binding failed: the room is free again. Does nothing once the pod has been confirmed. */
  forget(key: string): void {
    if (this.#assumed.has(key)) this.removePod(key);
  }

  isAssumed(key: string): boolean {
    return this.#assumed.has(key);
  }

  /** Every node with a known object. The infos change with the cache: use them within one cycle only. */
  nodes(): readonly SchedulableNode[] {
    this.#schedulable ??= [...this.#nodes.values()].filter((info): info is SchedulableNode => info.node !== undefined);
    return this.#schedulable;
  }

  #place(pod: Pod, nodeName: string): void {
    const key = objectKey(pod);
    const previous = this.#placed.get(key);
    if (previous !== undefined && previous !== nodeName) this.#nodes.get(previous)?.removePod(key);
    this.#placed.set(key, nodeName);
    this.#info(nodeName).addPod(pod);
  }

  #info(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) {
      info = new NodeInfo();
      this.#nodes.set(name, info);
    }
    return info;
  }
}
