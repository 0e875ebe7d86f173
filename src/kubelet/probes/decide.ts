/** A probe's verdicts, from the results of its attempts. */
import type { Probe } from "../../api/core/v1/container.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";
export type Verdict = "success" | "failure";

export interface ProbeCount {
  readonly result: Verdict;
  /** How often in a row. */
  readonly times: number;
}

/** Before the first verdict: a container counts as alive, and as neither ready nor started. */
export function initialVerdict(kind: ProbeKind): Verdict {
  return kind === "liveness" ? "success" : "failure";
}

export function countResult(count: ProbeCount | undefined, result: Verdict): ProbeCount {
  return { result, times: count?.result === result ? count.times + 1 : 1 };
}

/** The verdict once a threshold is reached; undefined keeps the one before. */
export function verdictOf(probe: Probe, count: ProbeCount): Verdict | undefined {
  const threshold = count.result === "success" ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  return count.times >= threshold ? count.result : undefined;
}
