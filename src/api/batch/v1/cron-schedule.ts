/** What is wrong with a cron schedule: five fields, or a word such as @daily (the rules of robfig/cron v3). */

interface FieldRule {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const rules: readonly FieldRule[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ["", ...months] },
  { min: 0, max: 6, names: weekdays },
];

const words = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/** Undefined for a schedule that can be followed. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith("@")) return wordProblem(schedule);
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== rules.length) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`;
  for (const [index, field] of fields.entries()) {
    const problem = fieldProblem(field, rules[index]!);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wordProblem(schedule: string): string | undefined {
  if (words.includes(schedule)) return undefined;
  if (schedule.startsWith("@every ")) {
    const text = schedule.slice("@every ".length);
    return /^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$/.test(text) ? undefined : `failed to parse duration ${schedule}: time: invalid duration "${text}"`;
  }
  return `unrecognized descriptor: ${schedule}`;
}

function fieldProblem(field: string, rule: FieldRule): string | undefined {
  for (const part of field.split(",")) {
    if (part === "") continue;
    const problem = rangeProblem(part, rule);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function rangeProblem(part: string, rule: FieldRule): string | undefined {
  const [range = "", step, ...extra] = part.split("/");
  if (extra.length > 0) return `too many slashes: ${part}`;
  const [low = "", high, ...more] = range.split("-");
  if (more.length > 0) return `too many hyphens: ${part}`;
  if (step !== undefined && !/^[0-9]+$/.test(step)) return `failed to parse int from ${step}: strconv.Atoi: parsing "${step}": invalid syntax`;
  if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${part}`;
  if (range === "*" || range === "?") return undefined;
  const start = numberOf(low, rule);
  const end = high === undefined ? (step === undefined ? start : rule.max) : numberOf(high, rule);
  for (const [value, text] of [
    [start, low],
    [end, high ?? low],
  ] as const) {
    if (value === undefined) return `failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`;
  }
  return boundsProblem(part, start ?? 0, end ?? 0, rule);
}

function boundsProblem(part: string, start: number, end: number, { min, max }: FieldRule): string | undefined {
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${part}`;
  if (end > max) return `end of range (${end}) above maximum (${max}): ${part}`;
  return start > end ? `beginning of range (${start}) beyond end of range (${end}): ${part}` : undefined;
}

function numberOf(text: string, { names }: FieldRule): number | undefined {
  if (/^[0-9]+$/.test(text)) return Number(text);
  const index = text === "" ? -1 : (names ?? []).indexOf(text.toLowerCase());
  return index < 0 ? undefined : index;
}
