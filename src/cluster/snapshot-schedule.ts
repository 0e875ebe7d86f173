/** When a cluster takes snapshots by itself, and which of them it keeps. Pure. */

export interface SnapshotSchedule {
  readonly everySeconds: number;
  /** How many of those taken by schedule are kept; snapshots taken by hand are never removed. */
  readonly keep: number;
  /** Absolute; absent: `snapshots` among the cluster's data. */
  readonly folder?: string;
}

export interface TakenSnapshot {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A failed attempt is repeated after this, or after the schedule's own time where that is shorter. */
const RETRY_MS = 5 * 60_000;
const MIN_SECONDS = 60;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Milliseconds since the epoch when the next one is due; in the past when that has been missed. */
export function nextSnapshotAt(schedule: SnapshotSchedule, taken: readonly TakenSnapshot[], failedAt: number | undefined, now: number): number {
  const everyMs = schedule.everySeconds * 1000;
  // A clock that was set back must not stop them for as long as it was ahead.
  const last = Math.max(...taken.map(({ at }) => at).filter((at) => at <= now), Number.NEGATIVE_INFINITY);
  const due = last === Number.NEGATIVE_INFINITY ? now : last + everyMs;
  return failedAt === undefined ? due : Math.max(due, failedAt + Math.min(RETRY_MS, everyMs));
}

/** Names of those to remove, oldest first. */
export function outlived(schedule: SnapshotSchedule, taken: readonly TakenSnapshot[]): string[] {
  const oldestFirst = [...taken].sort((a, b) => a.at - b.at);
  return oldestFirst.slice(0, Math.max(0, oldestFirst.length - schedule.keep)).map(({ name }) => name);
}

/** `20260102T030405Z`: sorts as time does. */
export function stamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

export function scheduledName(cluster: string, at: number): string {
  return `${cluster}-scheduled-${stamp(at)}.snapshot`;
}

/** What of a folder's names the schedule of this cluster has made. */
export function scheduledSnapshots(cluster: string, names: readonly string[]): TakenSnapshot[] {
  const pattern = new RegExp(`^${cluster}-scheduled-(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)Z\\.snapshot$`);
  return names.flatMap((name) => {
    const match = pattern.exec(name);
    if (match === null) return [];
    const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number];
    return [{ name, at: Date.UTC(year, month - 1, day, hour, minute, second) }];
  });
}

/** Seconds in `6h`, `90m`, `1d12h`. Throws for anything else and for less than a minute. */
export function parseEvery(text: string): number {
  const parts = [...text.matchAll(/(\d+)([smhd])/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
  if (parts.map(([part]) => part).join("") !== text || seconds < MIN_SECONDS) {
    throw new Error(`cannot take snapshots every ${JSON.stringify(text)}: it must be a time such as 90m, 6h or 1d, of at least a minute`);
  }
  return seconds;
}

/** As `parseEvery` reads it. */
export function formatEvery(seconds: number): string {
  let rest = seconds;
  let text = "";
  for (const [unit, size] of Object.entries(UNITS).reverse()) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
