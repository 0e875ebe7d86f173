/** Lists of what checks find, which is nearly always nothing: then no list is made, and none is walked. */

/** Nothing found. One list for everybody, and frozen. */
export const none: readonly never[] = Object.freeze([]);

/** All the lists in one, in their order; the only one that has elements as it is. */
export function joined<T>(...lists: readonly (readonly T[])[]): readonly T[] {
  let all: readonly T[] = none;
  for (let index = 0; index < lists.length; index++) {
    const list = lists[index]!;
    if (list.length > 0) all = all.length === 0 ? list : all.concat(list);
  }
  return all;
}

/** Puts `more` behind what `list` has; one by one, as there may be more than a call takes arguments. */
export function append<T>(list: T[], more: readonly T[]): void {
  for (let index = 0; index < more.length; index++) list.push(more[index]!);
}
