/** Parts of times, in UTC or in a time zone, and of durations. */
import { declare, type FunctionDeclaration, member } from "../functions.ts";
import { type Duration, fail, type Timestamp } from "../values.ts";

interface Parts {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Sunday is 0. */
  readonly weekday: number;
  /** From 0. */
  readonly dayOfYear: number;
}

const dayMs = 86_400_000;

function partsOf({ nanos }: Timestamp, zone: string): Parts {
  const ms = Number(nanos / 1_000_000n) - (nanos < 0n && nanos % 1_000_000n !== 0n ? 1 : 0);
  const local = new Date(ms + offsetMs(zone, ms));
  const dayOfYear = Math.floor((Date.UTC(2000, local.getUTCMonth(), local.getUTCDate()) - Date.UTC(2000, 0, 1)) / dayMs);
  const year = local.getUTCFullYear();
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return {
    year,
    month: local.getUTCMonth(),
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    weekday: local.getUTCDay(),
    dayOfYear: dayOfYear - (isLeap || local.getUTCMonth() < 2 ? 0 : 1),
  };
}

const fixedOffset = /^([+-]?)([0-9]{1,2}):([0-9]{2})$/;
/** Few zones are in use; names come from expressions, so they must not pile up. */
const maxFormats = 64;
const formats = new Map<string, Intl.DateTimeFormat>();

function offsetMs(zone: string, ms: number): number {
  if (zone === "UTC" || zone === "") return 0;
  const fixed = fixedOffset.exec(zone);
  if (fixed !== null) return (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, second } = parts;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour) % 24, Number(minute), Number(second)) - Math.floor(ms / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  if (formats.size >= maxFormats) formats.clear();
  try {
    const numeric = "numeric" as const;
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    formats.set(zone, format);
    return format;
  } catch {
    return fail(`unknown time zone ${zone}`);
  }
}

function access(name: string, part: (parts: Parts) => number, ofDuration?: (duration: Duration) => bigint): FunctionDeclaration {
  const id = `timestamp_to_${name}`;
  return declare(
    name,
    member(id, ["timestamp"], "int", (time) => BigInt(part(partsOf(time, "UTC")))),
    member(`${id}_with_tz`, ["timestamp", "string"], "int", (time, zone) => BigInt(part(partsOf(time, zone)))),
    ...(ofDuration === undefined ? [] : [member(`duration_to_${name}`, ["duration"], "int", ofDuration)]),
  );
}

function milliseconds({ nanos }: Timestamp): bigint {
  const rest = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return rest / 1_000_000n;
}

export const timeAccess: readonly FunctionDeclaration[] = [
  access("getFullYear", ({ year }) => year),
  access("getMonth", ({ month }) => month),
  access("getDayOfYear", ({ dayOfYear }) => dayOfYear),
  access("getDayOfMonth", ({ day }) => day - 1),
  access("getDate", ({ day }) => day),
  access("getDayOfWeek", ({ weekday }) => weekday),
  access(
    "getHours",
    ({ hour }) => hour,
    ({ nanos }) => nanos / 3_600_000_000_000n,
  ),
  access(
    "getMinutes",
    ({ minute }) => minute,
    ({ nanos }) => nanos / 60_000_000_000n,
  ),
  access(
    "getSeconds",
    ({ second }) => second,
    ({ nanos }) => nanos / 1_000_000_000n,
  ),
  declare(
    "getMilliseconds",
    member("timestamp_to_milliseconds", ["timestamp"], "int", milliseconds),
    member("timestamp_to_milliseconds_with_tz", ["timestamp", "string"], "int", (time, zone) => {
      offsetMs(zone, 0);
      return milliseconds(time);
    }),
    // Of a duration, all of it.
    member("duration_to_milliseconds", ["duration"], "int", ({ nanos }) => nanos / 1_000_000n),
  ),
];
