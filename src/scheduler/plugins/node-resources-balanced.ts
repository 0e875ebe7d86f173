import { maxScore, type Plugin } from "../framework.ts";

/** Prefers nodes whose cpu and memory would be used to the same degree: lopsided nodes strand the rest. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  prepare: ({ requests }) => (Object.keys(requests).length === 0 ? "skip" : undefined),
  score: ({ requests }, node) => {
    const shares: number[] = [];
    for (const name of ["cpu", "memory"]) {
      const allocatable = node.allocatable[name] ?? 0;
      if (allocatable > 0) shares.push(Math.min(1, ((node.requested[name] ?? 0) + (requests[name] ?? 0)) / allocatable));
    }
    const [cpu = 0, memory = cpu] = shares;
    // The standard deviation of two shares is half their difference.
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * maxScore);
  },
  wakeOn: [],
};
