/** Prices of functions, in cel-go's units. */
import { CelList, CelMap, sizeOf, type Value } from "./values.ts";

/** For each character of a text that is gone through. */
export const traversalFactor = 0.1;
/** For each character of a pattern, applied to each character of the text. */
export const regexFactor = 0.25;

/** Going through a text, some times over. */
export function traversal(size: number, times = 1): number {
  return Math.ceil(size * times * traversalFactor);
}

export function traversalOf(value: Value): number {
  return traversal(sizeOf(value));
}

export function regexCost(text: Value, pattern: Value): number {
  return traversal(sizeOf(text) + 1) * Math.ceil(sizeOf(pattern) * regexFactor);
}

/** Going through everything in a value (Kubernetes' list functions). */
export function deepTraversal(value: Value, spend: (units: number) => void): number {
  if (typeof value === "string") return Math.floor(new TextEncoder().encode(value).length * traversalFactor);
  if (value instanceof Uint8Array) return Math.floor(value.length * traversalFactor);
  if (!(value instanceof CelList || value instanceof CelMap)) return 1;
  spend(value.size);
  let cost = 0;
  if (value instanceof CelList) for (const item of value) cost += deepTraversal(item, spend);
  else for (const key of value.keys()) cost += deepTraversal(key, spend) + deepTraversal(value.get(key)!, spend);
  return cost;
}
