/** Quality of service of a pod, from its requests and limits (pkg/apis/core/helper/qos). */
import { parseQuantity } from "../../../machinery/quantity.ts";
import type { Pod } from "./pod.ts";
import type { PodSpec } from "./pod-spec.ts";

export type QOSClass = "Guaranteed" | "Burstable" | "BestEffort";

interface Demands {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** What all that counts asks for of one resource, in nanos; amounts that are not positive count as none. */
class Total {
  requested = 0n;
  limited = 0n;
  /** Everything that counts has a limit. */
  isLimited = true;

  add(request: string | undefined, limit: string | undefined): void {
    const limited = nanosOf(limit);
    if (limited === 0n) this.isLimited = false;
    this.limited += limited;
    this.requested += request === limit ? limited : nanosOf(request);
  }

  get isAsked(): boolean {
    return this.requested !== 0n || this.limited !== 0n;
  }

  get isGuaranteed(): boolean {
    return this.isLimited && this.requested === this.limited;
  }
}

function nanosOf(amount: string | undefined): bigint {
  if (amount === undefined) return 0n;
  const { nanos } = parseQuantity(amount);
  return nanos > 0n ? nanos : 0n;
}

/**
 * BestEffort: no request and no limit on CPU or memory. Guaranteed: every container limits both and requests just as
 * much. Burstable: anything else. Pod-level resources, where given, decide alone.
 */
export function qosClass({ spec }: Pod): QOSClass {
  const cpu = new Total();
  const memory = new Total();
  for (const { requests, limits } of demandsOf(spec)) {
    cpu.add(requests?.["cpu"], limits?.["cpu"]);
    memory.add(requests?.["memory"], limits?.["memory"]);
  }
  if (!cpu.isAsked && !memory.isAsked) return "BestEffort";
  return cpu.isGuaranteed && memory.isGuaranteed ? "Guaranteed" : "Burstable";
}

const nothing: Demands = {};

function demandsOf({ resources, containers = [], initContainers = [] }: PodSpec): readonly Demands[] {
  if (resources?.requests !== undefined || resources?.limits !== undefined) return [resources];
  const demands: Demands[] = [];
  for (const container of containers) demands.push(container.resources ?? nothing);
  for (const container of initContainers) demands.push(container.resources ?? nothing);
  return demands;
}
