/**
 * The scheduler's view of nodes and the pods on them. A pod counts on its node from the moment the scheduler has chosen
 * it ("assumed"), before the API server has confirmed the binding, so that the next cycle does not give its room away.
 */
import type { Node } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import { objectKey } from "../machinery/object.ts";
import type { Labels, Selector } from "../machinery/selectors/labels.ts";
import type { ClusterView, SchedulableNode } from "./framework.ts";
import { NodeInfo } from "./node-info.ts";
import { type PodGroup, PodGroups } from "./pod-groups.ts";

/** What rules need beyond nodes and pods. */
export type ClusterObjects = Pick<ClusterView, "namespaceLabels" | "defaultSelector">;

const noObjects: ClusterObjects = { namespaceLabels: () => undefined, defaultSelector: () => undefined };

export class SchedulerCache implements ClusterView {
  readonly #objects: ClusterObjects;
  readonly #groups = new PodGroups();
  /** Image name -> how many nodes have it. */
  readonly #imageNodes = new Map<string, number>();
  readonly #nodes = new Map<string, NodeInfo>();
  /** Pod key -> name of the node it counts on. */
  readonly #placed = new Map<string, string>();
  readonly #assumed = new Set<string>();
  #schedulable: SchedulableNode[] | undefined;

  constructor(objects: ClusterObjects = noObjects) {
    this.#objects = objects;
  }

  setNode(node: Node): void {
    const info = this.#info(node.metadata.name);
    if (info.node === undefined) this.#schedulable = undefined;
    this.#replaceNode(info, node);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined) return;
    this.#replaceNode(info, undefined);
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
    this.#unplace(info, key);
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

  get podGroups(): ReadonlyMap<string, ReadonlyMap<string, PodGroup>> {
    return this.#groups.byNamespace;
  }

  get groupsWithAffinity(): ReadonlySet<PodGroup> {
    return this.#groups.withAffinity;
  }

  /** Every node with a known object. The infos change with the cache: use them within one cycle only. */
  get nodes(): readonly SchedulableNode[] {
    this.#schedulable ??= [...this.#nodes.values()].filter((info): info is SchedulableNode => info.node !== undefined);
    return this.#schedulable;
  }

  node(name: string): SchedulableNode | undefined {
    const info = this.#nodes.get(name);
    return info?.node === undefined ? undefined : (info as SchedulableNode);
  }

  nodesWithImage(image: string): number {
    return this.#imageNodes.get(image) ?? 0;
  }

  namespaceLabels(namespace: string): Labels {
    return this.#objects.namespaceLabels(namespace);
  }

  defaultSelector(pod: Pod): Selector | undefined {
    return this.#objects.defaultSelector(pod);
  }

  #replaceNode(info: NodeInfo, node: Node | undefined): void {
    for (const image of info.images.keys()) this.#imageNodes.set(image, (this.#imageNodes.get(image) ?? 1) - 1);
    info.setNode(node);
    for (const image of info.images.keys()) this.#imageNodes.set(image, (this.#imageNodes.get(image) ?? 0) + 1);
  }

  #place(pod: Pod, nodeName: string): void {
    const key = objectKey(pod);
    const previous = this.#placed.get(key);
    if (previous !== undefined) this.#unplace(this.#nodes.get(previous), key);
    this.#placed.set(key, nodeName);
    const info = this.#info(nodeName);
    this.#groups.add(info.addPod(pod), info);
  }

  #unplace(info: NodeInfo | undefined, key: string): void {
    const facts = info?.removePod(key);
    if (info !== undefined && facts !== undefined) this.#groups.remove(facts, info);
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
