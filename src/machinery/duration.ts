/** Go's time.Duration: the text of metav1.Duration fields and of many flags. Counted in nanoseconds, 64 bits. */

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const limit = 2n ** 63n;

/** Nanoseconds of text such as `1h30m`, `-1.5s` or `0`. Throws an Error with Go's message. */
export function parseDuration(text: string): bigint {
  const negative = text.startsWith("-");
  let rest = negative || text.startsWith("+") ? text.slice(1) : text;
  if (rest === "0") return 0n;
  if (rest === "") throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  let total = 0n;
  while (rest !== "") {
    const match = /^([0-9]*)(?:\.([0-9]*))?([^0-9.]*)/.exec(rest)!;
    const [whole, fraction, unit] = [match[1]!, match[2] ?? "", match[3]!];
    if (whole === "" && fraction === "") throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
    if (unit === "") throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
    const size = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (size === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    total += BigInt(whole === "" ? "0" : whole) * size + (BigInt(fraction === "" ? "0" : fraction) * size) / 10n ** BigInt(fraction.length);
    if (total > limit || (total === limit && !negative)) throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
    rest = rest.slice(match[0].length);
  }
  return negative ? -total : total;
}

/** Milliseconds of a duration's text, fractions included. */
export function durationMs(text: string): number {
  return Number(parseDuration(text)) / 1e6;
}

/** Text as Go prints it: `1h30m0s`, `1.5s`, `100ms`, `0s`. */
export function durationText(nanos: bigint): string {
  if (nanos === 0n) return "0s";
  if (nanos < 0n) return `-${durationText(-nanos)}`;
  if (nanos < 1_000n) return `${nanos}ns`;
  if (nanos < 1_000_000n) return `${withFraction(nanos, 3)}µs`;
  if (nanos < 1_000_000_000n) return `${withFraction(nanos, 6)}ms`;
  const minutes = nanos / 60_000_000_000n;
  const seconds = `${withFraction(nanos % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function withFraction(value: bigint, digits: number): string {
  const one = 10n ** BigInt(digits);
  const fraction = (value % one).toString().padStart(digits, "0").replace(/0+$/, "");
  return fraction === "" ? `${value / one}` : `${value / one}.${fraction}`;
}

export function canonicalDuration(text: string): string {
  return durationText(parseDuration(text));
}
