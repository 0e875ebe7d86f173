/** Helpers of this folder's tests. */

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}

/** Integers below a bound, the same sequence for the same seed (mulberry32). */
export function seeded(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

export function randomJson(random: (bound: number) => number, depth: number): unknown {
  const kind = random(depth <= 0 ? 4 : 8);
  if (kind < 4) return [null, random(5), `text${random(5)}`, true][kind];
  const size = random(4);
  if (kind < 6) return Array.from({ length: size }, () => randomJson(random, depth - 1));
  return Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}${random(3)}`, randomJson(random, depth - 1)]));
}
