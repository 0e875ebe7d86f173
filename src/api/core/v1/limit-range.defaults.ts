import type { LimitRange, LimitRangeItem } from "./limit-range.ts";

/** Container limits fill each other in: default from max, defaultRequest from default, then from min. */
export function defaultLimitRange({ spec }: LimitRange): void {
  for (const item of spec.limits ?? []) if (item.type === "Container") defaultItem(item);
}

function defaultItem(item: LimitRangeItem): void {
  item.default = { ...item.max, ...item.default };
  item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
}
