import { maxScore, type Plugin, type SchedulableNode } from "../framework.ts";

/** Requests must fit in what is left of allocatable; emptier nodes are preferred (LeastAllocated: cpu and memory alike). */
export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  filter: ({ requests }, node) => {
    let reasons: string[] | undefined;
    let unresolvable = false;
    if (node.pods.size + 1 > (node.allocatable["pods"] ?? 0)) reasons = ["Too many pods"];
    for (const name in requests) {
      const wanted = requests[name] ?? 0;
      if (wanted === 0) continue;
      const allocatable = node.allocatable[name] ?? 0;
      if (wanted <= allocatable - (node.requested[name] ?? 0)) continue;
      reasons = [...(reasons ?? []), `Insufficient ${name}`];
      // Even an empty node of this size would not do.
      if (wanted > allocatable) unresolvable = true;
    }
    return reasons === undefined ? undefined : { reasons, unresolvable };
  },
  score: ({ scoredCpu, scoredMemory }, node) => {
    const cpu = freeShare(node, "cpu", node.scoredCpu + scoredCpu);
    const memory = freeShare(node, "memory", node.scoredMemory + scoredMemory);
    return cpu === undefined || memory === undefined ? (cpu ?? memory ?? 0) : Math.floor((cpu + memory) / 2);
  },
  wakeOn: ["NodeAdded", "NodeUpdated", "PodDeleted", "PodUpdated"],
};

/** What would be left, 0 to maxScore; undefined for a resource the node does not have. */
function freeShare(node: SchedulableNode, name: string, used: number): number | undefined {
  const allocatable = node.allocatable[name] ?? 0;
  if (allocatable === 0) return undefined;
  return used > allocatable ? 0 : Math.floor(((allocatable - used) * maxScore) / allocatable);
}
