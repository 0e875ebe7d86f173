import type { ResourceAmounts } from "../../machinery/pod-resources.ts";
import { maxScore, type Plugin, type SchedulableNode } from "../framework.ts";

/** Prefers nodes whose cpu and memory would be used to the same degree: lopsided nodes strand the rest. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  prepare: ({ requests }) => (Object.keys(requests).length === 0 ? "skip" : undefined),
  score: ({ requests }, node) => {
    const cpu = usedShare(node, "cpu", requests) ?? 0;
    const memory = usedShare(node, "memory", requests) ?? cpu;
    // The standard deviation of two shares is half their difference.
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * maxScore);
  },
  wakeOn: [],
};

/** With the pod on it; undefined for a resource the node does not have. */
function usedShare({ allocatable, requested }: SchedulableNode, name: string, requests: ResourceAmounts): number | undefined {
  const capacity = allocatable[name] ?? 0;
  return capacity === 0 ? undefined : Math.min(1, ((requested[name] ?? 0) + (requests[name] ?? 0)) / capacity);
}
