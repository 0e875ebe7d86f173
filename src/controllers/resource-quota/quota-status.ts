/** What a quota's status should say. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ResourceQuota, ResourceQuotaStatus } from "../../api/core/v1/resource-quota.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { addQuantities, compareQuantities, parseQuantity, type Quantity, quantityOf, quantityText } from "../../machinery/quantity.ts";
import { quotaMatches } from "../../machinery/quota-scopes.ts";
import { usageOf } from "../../machinery/quota-usage.ts";
import { timeMs } from "../shared/time.ts";
import { countedKinds, countedResource, resourceKey } from "./counted-resources.ts";

/** Objects of the quota's namespace by kind (`resourceKey`). */
export type Counted = ReadonlyMap<string, Iterable<KubeObject>>;

/**
 * `used` has an entry for every limit whose kind is among `counted`; an entry for a kind that cannot be seen keeps its
 * last known value. `now` in milliseconds.
 */
export function quotaStatus(quota: ResourceQuota, counted: Counted, now: number): ResourceQuotaStatus {
  const hard = quota.spec.hard ?? {};
  const total = totalUsage(quota, counted, now);
  const used: Record<string, string> = {};
  for (const name of Object.keys(hard)) {
    const kind = countedResource(name);
    const known = kind !== undefined && counted.has(resourceKey(kind));
    const value = known ? quantityText(total.get(name) ?? quantityOf(0)) : quota.status?.used?.[name];
    if (value !== undefined) used[name] = value;
  }
  return { hard: { ...hard }, used };
}

function totalUsage(quota: ResourceQuota, counted: Counted, now: number): Map<string, Quantity> {
  const total = new Map<string, Quantity>();
  for (const [key, kind] of countedKinds(quota.spec.hard)) {
    for (const object of counted.get(key) ?? []) {
      if (!quotaMatches(quota, kind, object)) continue;
      for (const [name, amount] of usageOf(kind, object, now)) total.set(name, addQuantities(total.get(name) ?? quantityOf(0), amount));
    }
  }
  return total;
}

/** Amounts are compared by value: `1` and `1000m` are the same. */
export function isSameStatus(a: ResourceQuotaStatus | undefined, b: ResourceQuotaStatus): boolean {
  return a !== undefined && sameAmounts(a.hard, b.hard) && sameAmounts(a.used, b.used);
}

export function sameAmounts(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const [left, right] = [a[name], b[name]];
    return left !== undefined && right !== undefined && (left === right || compareQuantities(parseQuantity(left), parseQuantity(right)) === 0);
  });
}

/** When the next of the pods that are being deleted stops counting: past its grace period it no longer does. */
export function nextReleaseMs(pods: Iterable<KubeObject>, now: number): number | undefined {
  let soonest: number | undefined;
  for (const { metadata, status } of pods as Iterable<Pod>) {
    if (metadata.deletionTimestamp === undefined || status?.phase === "Succeeded" || status?.phase === "Failed") continue;
    const left = timeMs(metadata.deletionTimestamp) + (metadata.deletionGracePeriodSeconds ?? 0) * 1000 - now;
    if (left >= 0 && (soonest === undefined || left < soonest)) soonest = left;
  }
  return soonest === undefined ? undefined : soonest + 1;
}
