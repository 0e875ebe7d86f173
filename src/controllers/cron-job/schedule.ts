/**
 * Cron schedules as Kubernetes reads them (robfig/cron's standard parser): five fields, names of months and weekdays,
 * lists, ranges, steps, `?` for `*`, the @ words, and `@every DURATION`. Times are whole seconds.
 */
import { parseDuration } from "../../machinery/duration.ts";

export interface Schedule {
  /** The first time after `ms`; undefined when there is none within five years. */
  next(ms: number): number | undefined;
}

interface Fields {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** With both a day of the month and a weekday given, either will do. */
  readonly anyDay: boolean;
}

const words: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** `timeZone` is an IANA name. Throws for what cannot be read. */
export function parseSchedule(text: string, timeZone: string): Schedule {
  const [, zone = timeZone, rest = ""] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/.exec(text.trim()) ?? [];
  if (rest.startsWith("@every ")) return everyInterval(rest.slice("@every ".length));
  const expression = words[rest] ?? rest;
  const parts = expression.split(/\s+/);
  if (parts.length !== 5) throw new Error(`expected exactly 5 fields, found ${expression === "" ? 0 : parts.length}: [${expression}]`);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = parts;
  const fields: Fields = {
    minutes: parseField(minute, 0, 59),
    hours: parseField(hour, 0, 23),
    days: parseField(day, 1, 31),
    months: parseField(month, 1, 12, monthNames, 1),
    weekdays: parseField(weekday, 0, 6, weekdayNames, 0),
    anyDay: !isStar(day) && !isStar(weekday),
  };
  const local = localClock(zone);
  return { next: (ms) => search(fields, local, ms) };
}

function everyInterval(text: string): Schedule {
  const seconds = Math.max(1, Math.floor(Number(parseDuration(text) / 1_000_000_000n)));
  return { next: (ms) => (Math.floor(ms / 1000) + seconds) * 1000 };
}

function isStar(field: string): boolean {
  return field.split(",").some((part) => part.startsWith("*") || part.startsWith("?"));
}

function parseField(field: string, min: number, max: number, names: readonly string[] = [], base = 0): Set<number> {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [range = "", step = "1", ...more] = part.split("/");
    if (more.length > 0) throw new Error(`too many slashes: ${part}`);
    const [first, last] = parseRange(range, part.includes("/"), min, max, names, base);
    const by = /^[0-9]+$/.test(step) ? Number(step) : 0;
    if (by === 0) throw new Error(`step of range should be a positive number: ${part}`);
    for (let value = first; value <= last; value += by) values.add(value);
  }
  return values;
}

/** `5/15` runs to the end of the field. */
function parseRange(range: string, stepped: boolean, min: number, max: number, names: readonly string[], base: number): [number, number] {
  if (range === "*" || range === "?") return [min, max];
  const [from = "", to, ...more] = range.split("-");
  if (more.length > 0) throw new Error(`too many hyphens: ${range}`);
  const first = numberOf(from, names, base);
  const last = to === undefined ? (stepped ? max : first) : numberOf(to, names, base);
  if (first < min) throw new Error(`beginning of range (${first}) below minimum (${min}): ${range}`);
  if (last > max) throw new Error(`end of range (${last}) above maximum (${max}): ${range}`);
  if (first > last) throw new Error(`beginning of range (${first}) beyond end of range (${last}): ${range}`);
  return [first, last];
}

function numberOf(text: string, names: readonly string[], base: number): number {
  const index = names.indexOf(text.toLowerCase());
  if (index >= 0) return index + base;
  if (!/^[0-9]+$/.test(text)) throw new Error(`failed to parse int from ${text}`);
  return Number(text);
}

interface LocalTime {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

/** Wall-clock time of an instant in a zone. Throws for a zone nobody knows. */
function localClock(timeZone: string): (ms: number) => LocalTime {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    month: "numeric",
    day: "numeric",
    weekday: "short",
    hour: "numeric",
    minute: "numeric",
  });
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const weekday = weekdayNames.indexOf((parts["weekday"] ?? "").toLowerCase());
    return { month: Number(parts["month"]), day: Number(parts["day"]), weekday, hour: Number(parts["hour"]), minute: Number(parts["minute"]) };
  };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const horizonMs = 5 * 366 * 24 * hourMs;

/** Goes forward by the largest step that cannot pass a match: to the next local hour when day or hour do not fit. */
function search(fields: Fields, local: (ms: number) => LocalTime, ms: number): number | undefined {
  const end = ms + horizonMs;
  for (let at = (Math.floor(ms / minuteMs) + 1) * minuteMs; at < end; ) {
    const time = local(at);
    const intoHour = time.minute * minuteMs;
    if (!dayFits(fields, time)) at += Math.max(minuteMs, hourMs - intoHour + (22 - time.hour > 0 ? (22 - time.hour) * hourMs : 0));
    else if (!fields.hours.has(time.hour)) at += hourMs - intoHour;
    else if (!fields.minutes.has(time.minute)) at += minuteMs;
    else return at;
  }
  return undefined;
}

function dayFits({ months, days, weekdays, anyDay }: Fields, { month, day, weekday }: LocalTime): boolean {
  if (!months.has(month)) return false;
  const [byDay, byWeekday] = [days.has(day), weekdays.has(weekday)];
  return anyDay ? byDay || byWeekday : byDay && byWeekday;
}
