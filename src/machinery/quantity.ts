/**
 * Amounts of resources: `500m`, `1Gi`, `2e3`. Values, rounding and canonical text are those of Go's resource.Quantity
 * (k8s.io/apimachinery/pkg/api/resource): a decimal number with a format to print it in, finest unit nano, finer input
 * rounded up (away from zero). Amounts are capped at 2^63-1 units, but for decimal ones of up to 18 digits, which may be
 * written with any suffix.
 *
 * A Quantity counts nanos in a bigint, which holds every legal value exactly.
 */

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** Unmarshalling and validation give these texts. */
export const quantityFormatMessage = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
export const quantitySuffixMessage = "unable to parse quantity's suffix";
export const quantityNumericMessage = "unable to parse numeric part of quantity";

const nanosPerUnit = 1_000_000_000n;
const nanosPerMilli = 1_000_000n;
const maxNanos = (2n ** 63n - 1n) * nanosPerUnit;

const decimalExponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const shape = /^([+-]?)0*([0-9]*)(?:(\.)([0-9]*))?(.*)$/s;

/** A quantity's text taken apart, as Kubernetes' parser does. */
interface Parts {
  readonly negative: boolean;
  /** Without leading zeros, but never empty. */
  readonly whole: string;
  readonly fraction: string;
  /** False for a mere suffix, which the parser takes for zero or not, by how it gets there. */
  readonly hasDigits: boolean;
  readonly unit: Unit;
}

function partsOf(text: string): Parts {
  const match = shape.exec(text);
  if (match === null || text === "") throw new Error(quantityFormatMessage);
  const [, sign, digits = "", , fraction = "", suffix = ""] = match;
  // As upstream's parseQuantityString: what follows the number must look like a suffix, else the whole form is wrong.
  if (!/^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(suffix)) throw new Error(quantityFormatMessage);
  return { negative: sign === "-", whole: digits === "" ? "0" : digits, fraction, hasDigits: /^[+-]?\.?[0-9]/.test(text), unit: readSuffix(suffix) };
}

/** Whether the amount fits Kubernetes' short form, 64 bits and a power of ten; only the long one rounds and caps. */
function isShort({ whole, fraction, unit }: Parts): boolean {
  if (unit.format !== "BinarySI") return whole.length + fraction.length <= 18 && unit.exponent - fraction.length >= -9;
  return fraction === "" && 14 - whole.length - Math.trunc((unit.shift * 3) / 10) >= 0;
}

/** Quantities read lately: containers ask for the same few amounts over and over, and each is read several times on its way. */
const read = new Map<string, Quantity>();
/** The same, to their canonical texts, and to these rounded. */
const canonical = new Map<string, string>();
const milliRounded = new Map<string, string>();
const maxRead = 1000;
const maxReadLength = 32;

function remember<T>(known: Map<string, T>, text: string, value: T): void {
  if (text.length > maxReadLength) return;
  if (known.size >= maxRead) known.clear();
  known.set(text, value);
}

/** Reads a quantity; throws an Error with Kubernetes' message when it is none. */
export function parseQuantity(text: string): Quantity {
  const known = read.get(text);
  if (known !== undefined) return known;
  const quantity = quantityFrom(partsOf(text));
  remember(read, text, quantity);
  return quantity;
}

function quantityFrom(parts: Parts): Quantity {
  const { whole, fraction, unit, negative } = parts;
  const short = isShort(parts);
  if (!short && !parts.hasDigits) throw new Error(quantityNumericMessage);
  const { digits, dropped } = significantDigits(whole + fraction);
  const exact = scaleUp(digits << BigInt(unit.shift), unit.exponent - fraction.length + 9 + dropped);
  const nanos = unit.format === "BinarySI" && exact > maxNanos ? maxNanos : exact;
  return { nanos: negative ? -nanos : nanos, format: settleFormat(unit.format, nanos) };
}

const maxDigits = 60;

/**
 * More digits than any quantity can tell apart are dropped, so that a long text costs no long arithmetic; what they
 * stood for only counts for rounding up.
 */
function significantDigits(text: string): { digits: bigint; dropped: number } {
  const plain = text.replace(/^0+/, "");
  const digits = BigInt(plain.slice(0, maxDigits));
  const rest = plain.slice(maxDigits);
  return { digits: /[1-9]/.test(rest) ? digits + 1n : digits, dropped: rest.length };
}

/** Binary forms of less than a unit would need fractions of bytes: they are decimal. */
function settleFormat(format: QuantityFormat, nanos: bigint): QuantityFormat {
  return format === "BinarySI" && nanos < nanosPerUnit && nanos > 0n ? "DecimalSI" : format;
}

interface Unit {
  /** Powers of two. */
  readonly shift: number;
  /** Powers of ten. */
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function readSuffix(suffix: string): Unit {
  const decimal = Object.hasOwn(decimalExponents, suffix) ? decimalExponents[suffix] : undefined;
  if (decimal !== undefined) return { shift: 0, exponent: decimal, format: "DecimalSI" };
  const binary = Object.hasOwn(binaryExponents, suffix) ? binaryExponents[suffix] : undefined;
  if (binary !== undefined) return { shift: binary, exponent: 0, format: "BinarySI" };
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(suffix)?.[1];
  if (exponent === undefined) throw new Error(quantitySuffixMessage);
  // Go's 32 bits refuse absurd ones.
  if (Math.abs(Number(exponent)) > 2 ** 31 - 1) throw new Error(quantitySuffixMessage);
  return { shift: 0, exponent: Number(exponent), format: "DecimalExponent" };
}

/** Nobody has that much of anything: greater exponents count as this one, to keep the numbers small. */
const maxExponent = 400;

/** digits * 10^exponent, rounded up to a whole number. */
function scaleUp(digits: bigint, exponent: number): bigint {
  if (digits === 0n) return 0n;
  if (exponent >= 0) return digits * 10n ** BigInt(Math.min(exponent, maxExponent));
  if (-exponent > digits.toString().length) return 1n;
  return divideUp(digits, 10n ** BigInt(-exponent));
}

function divideUp(value: bigint, by: bigint): bigint {
  return value % by === 0n ? value / by : value / by + (value > 0n ? 1n : 0n);
}

/** Division away from zero, as resource.Quantity rounds. */
function divideAway(value: bigint, by: bigint): bigint {
  return value < 0n ? -divideUp(-value, by) : divideUp(value, by);
}

/** Canonical text: no fraction, the largest suffix that keeps the number whole. */
export function quantityText(quantity: Quantity): string {
  const { nanos, format } = quantity;
  if (nanos === 0n) return "0";
  const useBinary = format === "BinarySI" && nanos % nanosPerUnit === 0n && (nanos >= 1024n * nanosPerUnit || nanos <= -1024n * nanosPerUnit);
  if (useBinary) return binaryText(nanos / nanosPerUnit);
  // A binary amount below 1024 prints as a plain number; a fractional one falls back to decimal suffixes.
  let mantissa = nanos;
  let exponent = -9;
  while (mantissa % 1000n === 0n && (exponent < 18 || format === "DecimalExponent")) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === "DecimalExponent") return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${decimalSuffixes.get(exponent)}`;
}

function binaryText(units: bigint): string {
  let mantissa = units;
  let step = 0;
  while (mantissa % 1024n === 0n && step < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    step++;
  }
  return `${mantissa}${binarySuffixes[step]}`;
}

/** Texts that are canonical already, by far the most: small whole numbers with a suffix. */
const canonicalDecimal = /^(?:0|[1-9][0-9]{0,2}[numkMGTP]?)$/;

/**
 * The text under which Kubernetes stores and shows a quantity: the canonical form, or the text as it was if its parser
 * takes that for canonical at a glance (`1.500` and `+5Gi` stay what they are). Throws as parseQuantity does.
 */
export function canonicalQuantity(text: string): string {
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const result = canonicalDecimal.test(text) ? text : canonicalText(partsOf(text), text);
  remember(canonical, text, result);
  return result;
}

function canonicalText(parts: Parts, text: string): string {
  const quantity = quantityFrom(parts);
  return looksCanonical(parts) ? text : quantityText(quantity);
}

function looksCanonical(parts: Parts): boolean {
  if (!isShort(parts)) return false;
  const { whole, fraction, unit } = parts;
  if (unit.format === "BinarySI") return BigInt(whole) % 8n !== 0n;
  const shifted = whole + fraction;
  return (unit.exponent - fraction.length) % 3 === 0 && !shifted.endsWith("000") && !shifted.startsWith("0");
}

/** A quantity's text with its amount rounded up to thousandths, as those of resource lists are. */
export function milliRoundedQuantity(text: string): string {
  const known = milliRounded.get(text);
  if (known !== undefined) return known;
  const quantity = parseQuantity(text);
  const whole = divideAway(quantity.nanos, nanosPerMilli) * nanosPerMilli;
  const result = whole === quantity.nanos ? text : quantityText({ ...quantity, nanos: whole });
  remember(milliRounded, text, result);
  return result;
}

/** Quantity of a number of whole units, such as pods or bytes. */
export function quantityOf(units: number | bigint, format: QuantityFormat = "DecimalSI"): Quantity {
  return { nanos: BigInt(units) * nanosPerUnit, format };
}

/** Quantity of thousandths, as CPU is counted. */
export function milliQuantityOf(millis: number | bigint): Quantity {
  return { nanos: BigInt(millis) * 1_000_000n, format: "DecimalSI" };
}

/** -1, 0 or 1. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** The sum, in the format of `a` unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function negateQuantity(quantity: Quantity): Quantity {
  return { nanos: -quantity.nanos, format: quantity.format };
}

/** Whole units, rounded up (Go's Value). Exact up to 2^53, else the nearest double. */
export function quantityValue(quantity: Quantity): number {
  return Number(divideAway(quantity.nanos, nanosPerUnit));
}

/** Thousandths, rounded up (Go's MilliValue). */
export function quantityMilliValue(quantity: Quantity): number {
  return Number(divideAway(quantity.nanos, 1_000_000n));
}

/** The amount in units of 10^scale, rounded up (Go's ScaledValue). */
export function scaledQuantityValue(quantity: Quantity, scale: number): bigint {
  return scale <= -9 ? quantity.nanos * 10n ** BigInt(-9 - scale) : divideAway(quantity.nanos, 10n ** BigInt(scale + 9));
}

/** As a floating-point number of units (AsApproximateFloat64). */
export function quantityNumber(quantity: Quantity): number {
  return Number(quantity.nanos) / 1e9;
}

const decimalWhole = /^[0-9]{1,15}$/;
const decimalMillis = /^([0-9]{1,15})m$/;

/** Fast path of the scheduler and quota: whole units of a quantity's text, rounded up. */
export function valueOfQuantity(text: string): number {
  return decimalWhole.test(text) ? Number(text) : quantityValue(parseQuantity(text));
}

/** Fast path: thousandths of a quantity's text, rounded up. */
export function milliValueOfQuantity(text: string): number {
  if (text.length < 13 && decimalWhole.test(text)) return Number(text) * 1000;
  const millis = decimalMillis.exec(text);
  return millis === null ? quantityMilliValue(parseQuantity(text)) : Number(millis[1]);
}
