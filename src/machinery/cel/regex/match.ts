/** Regular expressions with RE2's syntax and in linear time: no pattern holds up the event loop. */
import type { Meter } from "../functions.ts";
import { fail } from "../values.ts";
import { RegexMachine } from "./machine.ts";
import { parseRegex, RegexError } from "./parse.ts";
import { compileTree } from "./program.ts";

/** Patterns come from expressions, and may be computed: the oldest go. */
const maxMachines = 200;
const machines = new Map<string, RegexMachine>();
/** Longer ones are not kept: they would hold memory. */
const maxKeptPattern = 2_000;
const maxPattern = 100_000;

/** Throws a RegexError for what is no pattern. */
export function regexMachine(pattern: string): RegexMachine {
  const known = machines.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > maxPattern) throw new RegexError("error parsing regexp: expression too large: ``");
  const machine = new RegexMachine(compileTree(parseRegex(pattern)));
  if (pattern.length > maxKeptPattern) return machine;
  if (machines.size >= maxMachines) machines.delete(machines.keys().next().value!);
  machines.set(pattern, machine);
  return machine;
}

/** Why the pattern is none; undefined for a good one. */
export function regexProblem(pattern: string): string | undefined {
  try {
    regexMachine(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof RegexError) return error.message;
    throw error;
  }
}

/** As regexMachine, a Failure for what is no pattern; compiling counts as work where it has to be done. */
export function meteredRegex(pattern: string, meter: Meter, prefix = ""): RegexMachine {
  if (!machines.has(pattern)) meter.spend(pattern.length * 20);
  try {
    return regexMachine(pattern);
  } catch (error) {
    if (error instanceof RegexError) return fail(`${prefix}${error.message}`);
    throw error;
  }
}

export function matchesRegex(text: string, pattern: string, meter: Meter): boolean {
  return meteredRegex(pattern, meter).matches(text, meter);
}
