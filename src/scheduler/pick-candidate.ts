/** Where preemption hurts least. */
import type { Pod } from "../api/core/v1/pod.ts";
import { timeMs } from "../machinery/time.ts";
import { priorityOf } from "./nominated-pods.ts";

/** A node and the pods that must go, the most important first. */
export interface Candidate {
  readonly node: string;
  readonly victims: readonly Pod[];
  /** Victims whose disruption budgets allow no more. */
  readonly violations: number;
}

/** Makes every summand positive, so that fewer victims of negative priority sum up to less. */
const priorityOffset = 2 ** 31;

/** Lower is better; the next decides among equals. */
const costs: readonly ((candidate: Candidate) => number)[] = [
  ({ violations }) => violations,
  ({ victims }) => highestPriority(victims),
  ({ victims }) => victims.reduce((sum, pod) => sum + priorityOf(pod) + priorityOffset, 0),
  ({ victims }) => victims.length,
  // The one whose most important victims have run for the shortest time.
  ({ victims }) => -earliestStart(victims),
];

export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates;
  for (const cost of costs) {
    if (left.length <= 1) break;
    const values = left.map(cost);
    const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    left = left.filter((_, i) => values[i] === least);
  }
  return left[0];
}

function highestPriority(victims: readonly Pod[]): number {
  return victims.reduce((max, pod) => Math.max(max, priorityOf(pod)), Number.NEGATIVE_INFINITY);
}

function earliestStart(victims: readonly Pod[]): number {
  const highest = highestPriority(victims);
  const starts = victims.filter((pod) => priorityOf(pod) === highest).map((pod) => timeMs(pod.status?.startTime) ?? Number.MAX_SAFE_INTEGER);
  return starts.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER);
}
