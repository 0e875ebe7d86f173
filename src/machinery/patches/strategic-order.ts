/**
 * The order of elements in a merged list. Patched elements come in the order of the patch (or of $setElementOrder),
 * the rest in the order they had; where the two meet, an element goes before the first one that was behind it, and an
 * element that is new goes before everything. So a container added by a bare patch becomes the first one.
 */
import { badRequest } from "../status.ts";
import { goText, isObject } from "./json-value.ts";

export interface ListShape {
  /** Absent for lists of scalars, whose elements are their own keys. */
  readonly mergeKey: string | undefined;
}

export function mergeKeyOf(item: unknown, mergeKey: string): unknown {
  if (!isObject(item)) throw badRequest(`expected a map[string]interface {}, but received a ${typeof item}`);
  if (!Object.hasOwn(item, mergeKey)) throw badRequest(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
  return item[mergeKey];
}

/** `merged` holds the elements, `patchOrder` says how the ones it names are ordered, `liveOrder` how the list was. */
export function orderMerged(merged: readonly unknown[], patchOrder: readonly unknown[], liveOrder: readonly unknown[], { mergeKey }: ListShape) {
  const keyOf = (item: unknown) => (mergeKey === undefined ? item : mergeKeyOf(item, mergeKey));
  const patchRank = ranks(patchOrder, keyOf);
  const liveRank = ranks(liveOrder, keyOf);
  const patched = byRank(
    merged.filter((item) => patchRank.has(keyOf(item))),
    patchRank,
    keyOf,
  );
  const others = byRank(
    merged.filter((item) => !patchRank.has(keyOf(item))),
    liveRank,
    keyOf,
  );
  return interleave(others, patched, (item) => liveRank.get(keyOf(item)));
}

function ranks(list: readonly unknown[], keyOf: (item: unknown) => unknown): ReadonlyMap<unknown, number> {
  const result = new Map<unknown, number>();
  list.forEach((item, index) => {
    const key = keyOf(item);
    if (!result.has(key)) result.set(key, index);
  });
  return result;
}

/** Stable; elements without a rank stay behind those that have one. */
function byRank(items: unknown[], rank: ReadonlyMap<unknown, number>, keyOf: (item: unknown) => unknown): unknown[] {
  const of = (item: unknown) => rank.get(keyOf(item)) ?? Number.MAX_SAFE_INTEGER;
  return items.sort((a, b) => of(a) - of(b));
}

function interleave(others: readonly unknown[], patched: readonly unknown[], liveRank: (item: unknown) => number | undefined): unknown[] {
  const result: unknown[] = [];
  let next = 0;
  for (const item of patched) {
    const rank = liveRank(item);
    while (next < others.length && isBefore(liveRank(others[next]), rank)) result.push(others[next++]);
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

function isBefore(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a < b;
}
