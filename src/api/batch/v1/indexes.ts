/** Indexes of an Indexed Job as text: single ones and intervals, increasing, such as `1,3-5,7` (JobStatus.completedIndexes). */

/** Both ends belong to it. */
export interface IndexInterval {
  readonly first: number;
  readonly last: number;
}

/** The intervals in `text`, or what is wrong with it; every index lies below `completions`. */
export function parseIndexes(text: string, completions: number): readonly IndexInterval[] | string {
  if (text === "") return [];
  const intervals: IndexInterval[] = [];
  for (const fragment of text.split(",")) {
    const interval = parseInterval(fragment, completions);
    if (typeof interval === "string") return interval;
    const previous = intervals.at(-1)?.last;
    if (previous !== undefined && previous >= interval.first) return disordered(previous, interval.first);
    intervals.push(interval);
  }
  return intervals;
}

function parseInterval(fragment: string, completions: number): IndexInterval | string {
  const limits = fragment.split("-");
  if (limits.length > 2) {
    return `the fragment ${JSON.stringify(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  for (const limit of limits) {
    if (!/^\+?[0-9]+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
  }
  const [first = 0, last = first] = limits.map(Number);
  return limits.length > 1 && first >= last ? disordered(first, last) : { first, last };
}

function disordered(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`;
}

export function countIndexes(intervals: readonly IndexInterval[]): number {
  return intervals.reduce((count, { first, last }) => count + last - first + 1, 0);
}

/** The first index that both lists name; both are increasing. */
export function commonIndex(a: readonly IndexInterval[], b: readonly IndexInterval[]): number | undefined {
  for (let i = 0, j = 0; ; ) {
    const [x, y] = [a[i], b[j]];
    if (x === undefined || y === undefined) return undefined;
    if (x.first <= y.last && y.first <= x.last) return Math.max(x.first, y.first);
    if (x.last < y.last) i++;
    else j++;
  }
}
