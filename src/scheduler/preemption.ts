/**
 * Preemption (DefaultPreemption), pure: which pods of lower priority would have to go so that a pod fits, on the node
 * where that hurts least. The pod itself stays pending until they are gone.
 */
import type { Pod } from "../api/core/v1/pod.ts";
import type { PodDisruptionBudget } from "../api/policy/v1/pod-disruption-budget.ts";
import type { Random } from "../machinery/clock.ts";
import { objectKey } from "../machinery/object.ts";
import { selectorOf } from "../machinery/selectors/label-selector.ts";
import { matchesEverything, matchesLabels } from "../machinery/selectors/labels.ts";
import type { Cycle } from "./cycle.ts";
import type { Misfit, SchedulableNode } from "./framework.ts";
import type { PodFacts } from "./node-info.ts";
import { priorityOf } from "./nominated-pods.ts";
import { type Candidate, pickCandidate } from "./pick-candidate.ts";
import { unschedulableMessage } from "./schedule-pod.ts";

export type PreemptionResult =
  | { readonly type: "preempt"; readonly node: string; readonly victims: readonly Pod[] }
  /** `clear`: a nomination that the pod has no longer holds. */
  | { readonly type: "none"; readonly message: string; readonly clear: boolean };

const notHelpful: Misfit = { reasons: ["Preemption is not helpful for scheduling"], unresolvable: true };
const noVictims: Misfit = { reasons: ["No preemption victims found for incoming pod"], unresolvable: true };

/** `misfits` is why the pod fits on no node now. */
export function preempt(cycle: Cycle, misfits: ReadonlyMap<string, Misfit>, budgets: Iterable<PodDisruptionBudget>, random: Random): PreemptionResult {
  const ineligible = whyIneligible(cycle, misfits);
  if (ineligible !== undefined) return { type: "none", message: `preemption: ${ineligible}`, clear: false };
  const { candidates, failures } = findCandidates(cycle, misfits, [...budgets], random);
  const chosen = pickCandidate(candidates);
  if (chosen !== undefined) return { type: "preempt", node: chosen.node, victims: chosen.victims };
  return { type: "none", message: `preemption: ${unschedulableMessage(cycle.cluster.nodes.length, failures)}`, clear: true };
}

/** A pod waits for the victims it already has instead of choosing others. */
function whyIneligible({ pod: { pod }, cluster, nominated }: Cycle, misfits: ReadonlyMap<string, Misfit>): string | undefined {
  if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const name = nominated.nodeOf(objectKey(pod));
  if (name === undefined || misfits.get(name)?.unresolvable) return undefined;
  for (const other of cluster.node(name)?.pods.values() ?? []) {
    if (priorityOf(other.pod) < priorityOf(pod) && isBeingPreempted(other.pod)) return "not eligible due to a terminating pod on the nominated node.";
  }
  return undefined;
}

function isBeingPreempted({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return (status?.conditions ?? []).some(({ type, status, reason }) => type === "DisruptionTarget" && status === "True" && reason === "PreemptionByScheduler");
}

interface Search {
  readonly candidates: readonly Candidate[];
  readonly failures: ReadonlyMap<string, Misfit>;
}

/** Starts anywhere and stops when a tenth of the nodes, or 100, would do: trying all costs more than it gains. */
function findCandidates(cycle: Cycle, misfits: ReadonlyMap<string, Misfit>, budgets: readonly PodDisruptionBudget[], random: Random): Search {
  const failures = new Map<string, Misfit>();
  const possible: SchedulableNode[] = [];
  for (const node of cycle.cluster.nodes) {
    const { name } = node.node.metadata;
    if (misfits.get(name)?.unresolvable) failures.set(name, notHelpful);
    else possible.push(node);
  }
  const enough = Math.max(100, Math.floor(possible.length / 10));
  const candidates: Candidate[] = [];
  const start = Math.floor(random() * possible.length);
  let violatesNone = false;
  for (let i = 0; i < possible.length && !(violatesNone && candidates.length >= enough); i++) {
    const node = possible[(start + i) % possible.length] as SchedulableNode;
    const found = selectVictims(cycle, node, budgets);
    if ("reasons" in found) failures.set(node.node.metadata.name, found);
    else candidates.push(found);
    if (!("reasons" in found) && found.violations === 0) violatesNone = true;
  }
  return { candidates, failures };
}

/**
 * First all pods of lower priority are taken away. If the pod fits then, they are given back one by one as long as it
 * still does: those whose disruption would break a budget first, and the more important before the less.
 */
function selectVictims(cycle: Cycle, node: SchedulableNode, budgets: readonly PodDisruptionBudget[]): Candidate | Misfit {
  const lower = [...node.pods.values()].filter((other) => priorityOf(other.pod) < priorityOf(cycle.pod.pod));
  if (lower.length === 0) return noVictims;
  const copy = node.clone();
  for (const other of lower) cycle.removePod(copy, other);
  const gone = new Set(lower);
  const misfit = cycle.misfit(copy);
  let violations = 0;
  if (misfit === undefined) {
    const [violating, others] = splitByBudget(lower.sort(moreImportantFirst), budgets);
    for (const other of [...violating, ...others]) if (reprieve(cycle, copy, other)) gone.delete(other);
    violations = violating.filter((other) => gone.has(other)).length;
  }
  const victims = [...gone];
  // What the plugins know is that of the cycle again.
  for (const other of victims) cycle.addPod(copy, other);
  if (misfit !== undefined) return misfit;
  return victims.length === 0 ? noVictims : { node: node.node.metadata.name, victims: victims.sort(moreImportantFirst).map(({ pod }) => pod), violations };
}

function reprieve(cycle: Cycle, node: SchedulableNode, other: PodFacts): boolean {
  cycle.addPod(node, other);
  if (cycle.misfit(node) === undefined) return true;
  cycle.removePod(node, other);
  return false;
}

/** Higher priority, then the longer running. */
function moreImportantFirst(a: PodFacts, b: PodFacts): number {
  const byPriority = priorityOf(b.pod) - priorityOf(a.pod);
  return byPriority !== 0 ? byPriority : startedAt(a.pod) < startedAt(b.pod) ? -1 : startedAt(a.pod) > startedAt(b.pod) ? 1 : 0;
}

/** Times of one format sort as text. A pod that has not started is the youngest. */
function startedAt({ status }: Pod): string {
  return status?.startTime ?? "~";
}

/** Pods in this order use up what their budgets allow; the rest would break them. */
function splitByBudget(pods: readonly PodFacts[], budgets: readonly PodDisruptionBudget[]): [violating: PodFacts[], others: PodFacts[]] {
  const allowed = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]));
  const violating: PodFacts[] = [];
  const others: PodFacts[] = [];
  for (const facts of pods) {
    let breaks = false;
    for (const [budget, left] of allowed) {
      if (!covers(budget, facts.pod)) continue;
      allowed.set(budget, left - 1);
      if (left - 1 < 0) breaks = true;
    }
    (breaks ? violating : others).push(facts);
  }
  return [violating, others];
}

/** A pod whose disruption the budget has already taken into account is not counted again. */
function covers({ metadata, spec, status }: PodDisruptionBudget, { metadata: pod }: Pod): boolean {
  if (metadata.namespace !== pod.namespace || Object.keys(pod.labels ?? {}).length === 0) return false;
  const selector = selectorOf(spec?.selector);
  if (matchesEverything(selector) || !matchesLabels(selector, pod.labels)) return false;
  return status?.disruptedPods?.[pod.name] === undefined;
}
