/** Exponential back-off per key, as client-go's flowcontrol.Backoff computes it. */

export interface BackOffEntry {
  readonly delayMs: number;
  readonly updatedAtMs: number;
}

export interface BackOffPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Restarts of containers and pulls of images: 10 s doubling to 5 min. */
export const restartBackOff: BackOffPolicy = { initialMs: 10_000, maxMs: 300_000 };

/** An entry is forgotten when nothing failed for twice the longest delay. */
function expired(entry: BackOffEntry, eventMs: number, policy: BackOffPolicy): boolean {
  return eventMs - entry.updatedAtMs > 2 * policy.maxMs;
}

/** When the next attempt may start, given that the last one ended at `eventMs`; in the past when it may at once. */
export function retryAtMs(entry: BackOffEntry | undefined, eventMs: number, policy: BackOffPolicy): number {
  return entry === undefined || expired(entry, eventMs, policy) ? 0 : eventMs + entry.delayMs;
}

/** The entry after another attempt, made because the one before ended at `eventMs`. */
export function nextBackOff(entry: BackOffEntry | undefined, eventMs: number, nowMs: number, policy: BackOffPolicy): BackOffEntry {
  if (entry === undefined || expired(entry, eventMs, policy)) return { delayMs: policy.initialMs, updatedAtMs: nowMs };
  return { delayMs: Math.min(entry.delayMs * 2, policy.maxMs), updatedAtMs: nowMs };
}

/** A container's last run. */
export interface EndedRun {
  readonly finishedAtMs: number;
  /** Of the container's spec as it ran. */
  readonly hash: string;
}

/** The entry of a container that starts again; one that has been changed since begins anew, as upstream's key holds its hash. */
export function restartedBackOff(entry: BackOffEntry | undefined, ended: EndedRun, hash: string, nowMs: number): BackOffEntry {
  return nextBackOff(ended.hash === hash ? entry : undefined, ended.finishedAtMs, nowMs, restartBackOff);
}

/** `10s`, `1m20s`, `5m0s`: as Go prints a duration of whole seconds. */
export function goSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
