/** Whether the proxy keeps up with changes, and whether its node is to get traffic from load balancers (KEP-3836). Pure. */
import type { Node } from "../../api/core/v1/node.ts";

export type FamilyName = "IPv4" | "IPv6";

/** What /livez says; RFC 3339. */
export interface HealthReport {
  readonly lastUpdated: string;
  readonly currentTime: string;
  readonly healthy: boolean;
  /** By IP family; absent before the first application. */
  readonly status?: Partial<Record<FamilyName, { readonly lastUpdated: string; readonly healthy: boolean }>>;
}

/** Twice kube-proxy's sync period: a change that waits longer than that will not come. */
const lateMs = 60_000;
/** The cluster autoscaler's word that a node is about to go. */
const toBeDeletedTaint = "ToBeDeletedByClusterAutoscaler";
/** Go's zero time. */
const never = "0001-01-01T00:00:00Z";

/** All times are milliseconds since the epoch. */
export class ProxyHealth {
  readonly #family: FamilyName;
  /** When the first of the changes came that have not been applied. */
  #waitingSince: number | undefined;
  #updatedAt: number | undefined;

  constructor(family: FamilyName) {
    this.#family = family;
  }

  /** Something has changed that rules depend on. */
  queued(now: number): void {
    this.#waitingSince ??= now;
  }

  /** The rules are as everything that is known wants them. */
  updated(now: number): void {
    this.#waitingSince = undefined;
    this.#updatedAt = now;
  }

  /** A proxy that is still starting is well. */
  isHealthy(now: number): boolean {
    return this.#updatedAt === undefined || this.#waitingSince === undefined || now - this.#waitingSince < lateMs;
  }

  /** As long as it is well the last update is now: older clients take that for a sign of life. */
  report(now: number): HealthReport {
    const healthy = this.isHealthy(now);
    const updated = this.#updatedAt === undefined ? never : text(this.#updatedAt);
    return {
      lastUpdated: healthy ? text(now) : updated,
      currentTime: text(now),
      healthy,
      ...(this.#updatedAt === undefined ? {} : { status: { [this.#family]: { lastUpdated: updated, healthy } } }),
    };
  }
}

/** A node that is going, or not there, is to get no new connections. */
export function isEligible(node: Node | undefined): boolean {
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return false;
  return !(node.spec?.taints ?? []).some(({ key }) => key === toBeDeletedTaint);
}

function text(ms: number): string {
  return new Date(ms).toISOString();
}
