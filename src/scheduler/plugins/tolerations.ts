/** Taints and tolerations (core/v1 Toleration.ToleratesTaint). */
import type { Toleration } from "../../api/core/v1/common.ts";
import type { Taint } from "../../api/core/v1/node.ts";

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  // An empty key with Exists tolerates every taint.
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator || "Equal") {
    case "Exists":
      return true;
    case "Equal":
      return (toleration.value ?? "") === (taint.value ?? "") && Boolean(toleration.key);
    case "Lt":
      return compareNumbers(taint.value, toleration.value, (a, b) => a < b);
    case "Gt":
      return compareNumbers(taint.value, toleration.value, (a, b) => a > b);
    default:
      return false;
  }
}

/** Numeric tolerations (KEP-5471) hold only where both sides are integers. */
function compareNumbers(taint: string | undefined, toleration: string | undefined, holds: (a: number, b: number) => boolean): boolean {
  const [a, b] = [taint, toleration].map((text) => (/^-?\d+$/.test(text ?? "") ? Number(text) : Number.NaN));
  return a !== undefined && b !== undefined && !Number.isNaN(a) && !Number.isNaN(b) && holds(a, b);
}

export function firstUntolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !tolerations?.some((toleration) => tolerates(toleration, taint)));
}
