/**
 * Times as API objects hold them: RFC 3339 text in UTC, whole seconds (Time) or six fractional digits (MicroTime).
 * Years 0001 to 9999, read without the Date object, which knows neither microseconds nor Go's messages.
 */

/** A point in time: whole seconds since the epoch (negative before 1970) and nanoseconds within that second. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

const timeLayout = "2006-01-02T15:04:05Z07:00";
const microTimeLayout = "2006-01-02T15:04:05.000000Z07:00";

/** The text asked for last: most that happens in a second is stamped more than once, in many objects. */
let latest = { seconds: 0, text: "1970-01-01T00:00:00Z" };

/** RFC 3339 text with whole seconds of a time in milliseconds since the epoch. */
export function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (latest.seconds !== seconds) latest = { seconds, text: instantText({ seconds, nanos: 0 }, false) };
  return latest.text;
}

/** The same with six fractional digits; the fraction of a millisecond counts. */
export function microTimeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return instantText({ seconds, nanos: Math.floor((ms - seconds * 1000) * 1000) * 1000 }, true);
}

export function instantText(instant: Instant, micro: boolean): string {
  const days = Math.floor(instant.seconds / 86400);
  const rest = instant.seconds - days * 86400;
  const { year, month, day } = civilOf(days);
  const clock = `${pad(Math.floor(rest / 3600), 2)}:${pad(Math.floor(rest / 60) % 60, 2)}:${pad(rest % 60, 2)}`;
  const fraction = micro ? `.${pad(Math.floor(instant.nanos / 1000), 6)}` : "";
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock}${fraction}Z`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

/** Milliseconds since the epoch; undefined for absent or unreadable text. Accepts any offset and fraction. */
export function timeMs(text: string | undefined): number | undefined {
  const instant = text === undefined ? undefined : readInstant(text);
  return instant === undefined ? undefined : instant.seconds * 1000 + instant.nanos / 1e6;
}

/** By far the most times: canonical already, on a day that every month has. */
const surelyCanonical = /^[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/;

/** The canonical text of a Time, in UTC without a fraction. Throws an Error with Go's message. */
export function canonicalTime(text: string): string {
  if (surelyCanonical.test(text)) return text;
  const instant = readInstant(text);
  if (instant === undefined) throw new Error(parseMessage(text, timeLayout));
  return instantText(instant, false);
}

/** The canonical text of a MicroTime. Like Kubernetes, insists on six fractional digits. */
export function canonicalMicroTime(text: string): string {
  const instant = /[.,][0-9]{6}(?:Z|[-+])/.test(text) ? readInstant(text) : undefined;
  if (instant === undefined) throw new Error(parseMessage(text, microTimeLayout));
  return instantText(instant, true);
}

const shape = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?(?:Z|([-+])([0-9]{2}):([0-9]{2}))$/;

/** Reads RFC 3339; undefined when the text is none. */
export function readInstant(text: string): Instant | undefined {
  const match = shape.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  if (!isInRange(match)) return undefined;
  const offset = match[8] === undefined ? 0 : (match[8] === "-" ? -60 : 60) * (Number(match[9]) * 60 + Number(match[10]));
  const nanos = match[7] === undefined ? 0 : Number(match[7].slice(0, 9).padEnd(9, "0"));
  return { seconds: daysOf(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset, nanos };
}

function isInRange(match: RegExpExecArray): boolean {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const inDay = hour <= 23 && minute <= 59 && second <= 59 && Number(match[9] ?? 0) <= 24 && Number(match[10] ?? 0) <= 60;
  return inDay && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that begin in March. */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

function civilOf(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

interface LayoutPart {
  readonly element: string;
  readonly pattern: RegExp;
  /** What a number beyond these bounds is called. */
  readonly range?: readonly [name: string, from: number, to: number];
}

const digits = /^[0-9]{2}/;
/** The parts of the layout, as Go's time.Parse consumes them; hours may have one digit there. */
const parts: readonly LayoutPart[] = [
  { element: "2006", pattern: /^[0-9]{4}/ },
  { element: "-", pattern: /^-/ },
  { element: "01", pattern: digits, range: ["month", 1, 12] },
  { element: "-", pattern: /^-/ },
  { element: "02", pattern: digits },
  { element: "T", pattern: /^T/ },
  { element: "15", pattern: /^[0-9]{1,2}/, range: ["hour", 0, 23] },
  { element: ":", pattern: /^:/ },
  { element: "04", pattern: digits, range: ["minute", 0, 59] },
  { element: ":", pattern: /^:/ },
  { element: "05", pattern: digits, range: ["second", 0, 59] },
];
const anyFraction: LayoutPart = { element: "", pattern: /^(?:[.,][0-9]+)?/ };
const sixDigits: LayoutPart = { element: ".000000", pattern: /^[.,][0-9]{6}/ };
const zone: LayoutPart = { element: "Z07:00", pattern: /^(?:Z|[-+][0-9]{2}:[0-9]{2})/ };

/** Why Go would refuse the text, which it does at the first part that does not fit. */
function parseMessage(text: string, layout: string): string {
  const quoted = JSON.stringify(text);
  let rest = text;
  for (const { element, pattern, range } of [...parts, layout === microTimeLayout ? sixDigits : anyFraction, zone]) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) return `parsing time ${quoted} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${element}"`;
    rest = rest.slice(found.length);
    const problem = element === zone.element ? zoneProblem(found) : outOfRange(found, range);
    if (problem !== undefined) return `parsing time ${quoted}: ${problem} out of range`;
  }
  return `parsing time ${quoted}: ${rest === "" ? "day out of range" : `extra text: ${JSON.stringify(rest)}`}`;
}

function outOfRange(digits: string, range: LayoutPart["range"]): string | undefined {
  return range !== undefined && (Number(digits) < range[1] || Number(digits) > range[2]) ? range[0] : undefined;
}

function zoneProblem(text: string): string | undefined {
  if (Number(text.slice(1, 3)) > 24) return "time zone offset hour";
  return Number(text.slice(4)) > 60 ? "time zone offset minute" : undefined;
}

/**
 * A span of time as kubectl's AGE column shows it (k8s.io/apimachinery/pkg/util/duration HumanDuration): two units while
 * the larger one is small. Clocks that differ by less than two seconds count as now.
 */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return twoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return twoUnits(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? twoUnits(years, "y", days % 365, "d") : `${years}y`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

/** The AGE cell of an object: `<unknown>` without a creation time. */
export function ageText(creationTimestamp: string | undefined, nowMs: number): string {
  const created = timeMs(creationTimestamp);
  return created === undefined ? "<unknown>" : humanDuration(nowMs - created);
}
