/** What the engine's inspector says of time and memory, made into profiles. Pure. */
import type { HeapProfiler, Profiler } from "node:inspector";
import type { CallFrame, Profile, Sample } from "./pprof.ts";

interface Taken {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Where time went: samples and nanoseconds, as Go's CPU profiles have them. Time in which nothing was to be done is left out. */
export function cpuProfile({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, intervalUs: number, taken: Taken): Profile {
  const stacks = stacksOf(nodes);
  const totals = new Map<number, { count: number; microseconds: number }>();
  for (const [index, id] of samples.entries()) {
    const total = totals.get(id) ?? { count: 0, microseconds: 0 };
    total.count++;
    total.microseconds += Math.max(0, timeDeltas[index] ?? 0);
    totals.set(id, total);
  }
  const found = [...totals].map(([id, { count, microseconds }]): Sample => ({ stack: stacks.get(id) ?? [], values: [count, microseconds * 1000] }));
  return {
    types: [
      { type: "samples", unit: "count" },
      { type: "cpu", unit: "nanoseconds" },
    ],
    samples: found.filter(({ stack }) => stack.length > 0 && stack[0]!.functionName !== "(idle)"),
    periodType: { type: "cpu", unit: "nanoseconds" },
    period: intervalUs * 1000,
    ...taken,
  };
}

/** Innermost first, without the root. */
function stacksOf(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, readonly CallFrame[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stacks = new Map<number, readonly CallFrame[]>();
  const visit = (id: number, outer: readonly CallFrame[]): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const stack = node.callFrame.functionName === "(root)" ? outer : [node.callFrame, ...outer];
    stacks.set(id, stack);
    for (const child of node.children ?? []) visit(child, stack);
  };
  if (nodes[0] !== undefined) visit(nodes[0].id, []);
  return stacks;
}

/** What was allocated while it was looked at and is still there: objects and bytes, as Go's heap profiles have them. */
export function heapProfile({ head }: HeapProfiler.SamplingHeapProfile, intervalBytes: number, taken: Taken): Profile {
  const samples: Sample[] = [];
  const visit = (node: HeapProfiler.SamplingHeapProfileNode, outer: readonly CallFrame[]): void => {
    const stack = node.callFrame.functionName === "(root)" ? outer : [node.callFrame, ...outer];
    if (node.selfSize > 0) samples.push({ stack, values: [Math.max(1, node.selfSize / intervalBytes), node.selfSize] });
    for (const child of node.children) visit(child, stack);
  };
  visit(head, []);
  return {
    types: [
      { type: "inuse_objects", unit: "count" },
      { type: "inuse_space", unit: "bytes" },
    ],
    samples,
    periodType: { type: "space", unit: "bytes" },
    period: intervalBytes,
    ...taken,
  };
}
