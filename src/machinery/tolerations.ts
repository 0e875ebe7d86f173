/** Taints and tolerations (core/v1 Toleration): the same rule for scheduler, controllers and kubelet. */

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

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

/** The first taint with one of these effects that no toleration covers. */
export function firstUntolerated<T extends Taint>(
  taints: readonly T[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): T | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !tolerations?.some((toleration) => tolerates(toleration, taint)));
}
