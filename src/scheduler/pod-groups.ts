/**
 * Pods on nodes, alike ones together: pods of one controller have the same labels and affinity, so a rule about other
 * pods looks at each kind of pod once instead of at every pod. This keeps spreading and affinity fast on big clusters.
 */
import type { Pod } from "../api/core/v1/pod.ts";
import type { Labels } from "../machinery/selectors/labels.ts";
import type { NodeInfo, PodFacts } from "./node-info.ts";

export interface PodGroup {
  readonly namespace: string;
  readonly labels: Labels;
  /** Pods that are being deleted form groups of their own. */
  readonly terminating: boolean;
  /** Any pod of the group: its namespace, labels and pod affinity are those of all. */
  readonly sample: Pod;
  /** How many of them are on which node. */
  readonly nodes: ReadonlyMap<NodeInfo, number>;
}

interface MutableGroup extends PodGroup {
  readonly nodes: Map<NodeInfo, number>;
}

export class PodGroups {
  readonly byNamespace = new Map<string, Map<string, PodGroup>>();
  /** Those whose pods want other pods near or far. */
  readonly withAffinity = new Set<PodGroup>();

  add(facts: PodFacts, node: NodeInfo): void {
    const { nodes } = this.#group(facts);
    nodes.set(node, (nodes.get(node) ?? 0) + 1);
  }

  remove(facts: PodFacts, node: NodeInfo): void {
    const group = this.#group(facts);
    const count = group.nodes.get(node) ?? 0;
    if (count > 1) group.nodes.set(node, count - 1);
    else group.nodes.delete(node);
    if (group.nodes.size === 0) this.#drop(facts, group);
  }

  #group({ pod, groupKey }: PodFacts): MutableGroup {
    const namespace = pod.metadata.namespace ?? "";
    const groups = this.byNamespace.get(namespace) ?? new Map<string, PodGroup>();
    this.byNamespace.set(namespace, groups);
    const known = groups.get(groupKey);
    if (known !== undefined) return known as MutableGroup;
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const group = { namespace, labels: pod.metadata.labels, terminating, sample: pod, nodes: new Map() };
    groups.set(groupKey, group);
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
    if (podAffinity !== undefined || podAntiAffinity !== undefined) this.withAffinity.add(group);
    return group;
  }

  #drop({ groupKey }: PodFacts, group: PodGroup): void {
    const groups = this.byNamespace.get(group.namespace);
    groups?.delete(groupKey);
    if (groups?.size === 0) this.byNamespace.delete(group.namespace);
    this.withAffinity.delete(group);
  }
}

/** Pods with the same key (and namespace) are of one group. */
export function groupKeyOf({ metadata, spec }: Pod): string {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const life = metadata.deletionTimestamp === undefined ? "+" : "-";
  return `${life}${JSON.stringify(metadata.labels ?? {})}${podAffinity === undefined && podAntiAffinity === undefined ? "" : JSON.stringify([podAffinity, podAntiAffinity])}`;
}
