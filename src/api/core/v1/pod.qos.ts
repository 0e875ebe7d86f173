/** Quality of service of a pod, from its requests and limits (pkg/apis/core/helper/qos). */
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from "../../../machinery/quantity.ts";
import type { Pod } from "./pod.ts";
import type { PodSpec } from "./pod-spec.ts";

export type QOSClass = "Guaranteed" | "Burstable" | "BestEffort";

type ResourceList = Readonly<Record<string, string>>;

interface Demands {
  readonly requests: Map<string, Quantity>;
  readonly limits: Map<string, Quantity>;
  /** Every container limits both CPU and memory. */
  guaranteed: boolean;
}

const counted = ["cpu", "memory"] as const;

/**
 * BestEffort: no request and no limit on CPU or memory. Guaranteed: every container limits both and requests just as
 * much. Burstable: anything else. Pod-level resources, where given, decide alone.
 */
export function qosClass({ spec }: Pod): QOSClass {
  const { requests, limits, guaranteed } = demandsOf(spec);
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  if (!guaranteed || requests.size !== limits.size) return "Burstable";
  const equal = [...requests].every(([name, amount]) => {
    const limit = limits.get(name);
    return limit !== undefined && compareQuantities(limit, amount) === 0;
  });
  return equal ? "Guaranteed" : "Burstable";
}

function demandsOf(spec: PodSpec): Demands {
  const demands: Demands = { requests: new Map(), limits: new Map(), guaranteed: true };
  if (spec.resources?.requests !== undefined || spec.resources?.limits !== undefined) {
    count(demands, spec.resources);
    return demands;
  }
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) count(demands, container.resources ?? {});
  return demands;
}

function count(demands: Demands, resources: { requests?: ResourceList; limits?: ResourceList }): void {
  sum(demands.requests, resources.requests);
  const limited = sum(demands.limits, resources.limits);
  if (limited !== counted.length) demands.guaranteed = false;
}

/** Adds what is counted and positive; returns how many of them there were. */
function sum(totals: Map<string, Quantity>, list: ResourceList | undefined): number {
  let found = 0;
  for (const name of counted) {
    const amount = list?.[name];
    if (amount === undefined) continue;
    const quantity = parseQuantity(amount);
    if (quantity.nanos <= 0n) continue;
    const before = totals.get(name);
    totals.set(name, before === undefined ? quantity : addQuantities(before, quantity));
    found++;
  }
  return found;
}
