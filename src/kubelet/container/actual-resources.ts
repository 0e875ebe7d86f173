/** Resources as the runtime applies them, in the words of the pod that asked for them (KEP-1287). */
import type { Container } from "../../api/core/v1/container.ts";
import { milliValueOfQuantity, valueOfQuantity } from "../../machinery/quantity.ts";
import type { LinuxContainerResources } from "../cri/types.ts";
import { millisToQuota, millisToShares } from "./resources.ts";

type Requirements = NonNullable<Container["resources"]>;

/**
 * Limits and requests for status. Where the cgroup's number equals what the spec's quantity turns into (clamped and
 * rounded as the kernel wants it), the spec's quantity is reported: `5m` stays 5m though its quota is that of 10m.
 */
export function actualResources(spec: Requirements, actual: LinuxContainerResources | undefined): Requirements {
  const limits = { ...spec.limits };
  const requests = { ...spec.requests };
  if (actual !== undefined) {
    const quota = actual.cpuQuota ?? 0;
    if (limits["cpu"] !== undefined && quota > 0 && millisToQuota(milliValueOfQuantity(limits["cpu"])) !== quota) {
      limits["cpu"] = `${Math.round((quota * 1000) / (actual.cpuPeriod || 100_000))}m`;
    }
    const memory = actual.memoryLimitInBytes ?? 0;
    if (limits["memory"] !== undefined && memory > 0 && valueOfQuantity(limits["memory"]) !== memory) limits["memory"] = String(memory);
    const shares = actual.cpuShares ?? 0;
    if (requests["cpu"] !== undefined && shares > 0 && millisToShares(milliValueOfQuantity(requests["cpu"])) !== shares) {
      requests["cpu"] = `${Math.round((shares * 1000) / 1024)}m`;
    }
  }
  return {
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
  };
}
