/** IntOrString: a number, a port's name, or a percentage of some total (k8s.io/apimachinery/pkg/util/intstr). */

export type IntOrString = number | string;

export type Rounding = "up" | "down";

/** The number before the % of a percentage; undefined when the value is not one. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value !== "string" || !/^[-+]?[0-9]+%$/.test(value)) return undefined;
  return Number(value.slice(0, -1));
}

/**
 * The count that `value` stands for: numbers as they are, percentages of `total` rounded as asked. Throws for other
 * text, which validation keeps out of stored objects.
 */
export function scaledCount(value: IntOrString, total: number, rounding: Rounding): number {
  if (typeof value === "number") return value;
  const percent = percentOf(value);
  if (percent === undefined) throw new Error("invalid value for IntOrString: invalid type: string is not a percentage");
  const scaled = (percent * total) / 100;
  return rounding === "up" ? Math.ceil(scaled) : Math.floor(scaled);
}

/** As text in messages: `5`, `50%`, `http`. */
export function intOrStringText(value: IntOrString): string {
  return String(value);
}
