/**
 * Runs a program over a text in time that grows with the text, never faster: whether it matches by a machine whose
 * states are sets of the program's states, made when first met; where it matches by following all states in order of
 * preference. Work is metered: a pattern may have thousands of states.
 */
import type { Meter } from "../functions.ts";
import { classHas } from "./classes.ts";
import type { Assertion } from "./parse.ts";
import type { RegexProgram } from "./program.ts";

const endOfText = -1;
const startOfText = -2;
/** The most states kept of one pattern; then they are made anew. */
const maxStates = 500;

interface MachineState {
  /** Instructions to go on from: of op class or assert, or the match. */
  readonly threads: readonly number[];
  /** What stood before: it matters to assertions. */
  readonly before: "start" | "newline" | "word" | "other";
  readonly next: Map<number, MachineState>;
  /** Whether a match ends here, whatever follows. */
  readonly matches: boolean;
}

const beforeRune = { start: startOfText, newline: 10, word: 97, other: 32 } as const;

export class RegexMachine {
  readonly #program: RegexProgram;
  readonly #states = new Map<string, MachineState>();
  readonly #hasAssertions: boolean;

  constructor(program: RegexProgram) {
    this.#program = program;
    this.#hasAssertions = program.instructions.some(({ op }) => op === "assert");
  }

  /** Whether the pattern matches anywhere in the text. */
  matches(text: string, meter: Meter): boolean {
    let state = this.#start(meter);
    meter.spend(text.length / 4);
    for (let at = 0; at < text.length && !state.matches; ) {
      const rune = text.codePointAt(at)!;
      at += rune > 0xffff ? 2 : 1;
      state = state.next.get(rune) ?? this.#advance(state, rune, meter);
    }
    return state.matches || this.#matchesAtEnd(state, meter);
  }

  #start(meter: Meter): MachineState {
    return this.#state(this.#closed([this.#program.start], undefined, undefined, meter), "start");
  }

  #matchesAtEnd(state: MachineState, meter: Meter): boolean {
    return this.#isMatch(this.#closed(state.threads, beforeRune[state.before], endOfText, meter));
  }

  #isMatch(threads: readonly number[]): boolean {
    return threads.some((thread) => this.#program.instructions[thread]!.op === "match");
  }

  #advance(state: MachineState, rune: number, meter: Meter): MachineState {
    // Assertions that waited for what follows are decided now.
    const threads = this.#hasAssertions ? this.#closed(state.threads, beforeRune[state.before], rune, meter) : state.threads;
    if (this.#hasAssertions && this.#isMatch(threads)) return this.#remember(state, rune, this.#state(threads, "other"));
    const stepped = this.#step(threads, rune, meter);
    const next = this.#state(this.#closed([...stepped, this.#program.start], undefined, undefined, meter), this.#hasAssertions ? kindOf(rune) : "other");
    return this.#remember(state, rune, next);
  }

  #remember(state: MachineState, rune: number, next: MachineState): MachineState {
    // Texts of many different characters would fill the table: those beyond Latin are not kept.
    if (rune < 0x250) state.next.set(rune, next);
    return next;
  }

  #step(threads: readonly number[], rune: number, meter: Meter): number[] {
    meter.spend(threads.length);
    const next: number[] = [];
    for (const thread of threads) {
      const instruction = this.#program.instructions[thread]!;
      if (instruction.op === "class" && classHas(instruction.class, rune)) next.push(instruction.next);
    }
    return next;
  }

  #state(threads: readonly number[], before: MachineState["before"]): MachineState {
    const key = `${before}:${threads.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= maxStates) {
      // The tables of states still in use must not keep the forgotten ones alive.
      for (const state of this.#states.values()) state.next.clear();
      this.#states.clear();
    }
    const state = { threads, before, next: new Map<number, MachineState>(), matches: this.#isMatch(threads) };
    this.#states.set(key, state);
    return state;
  }

  /**
   * Follows splits and jumps, in order of preference. Assertions are passed if they hold between the two characters;
   * with none given they are left standing.
   */
  #closed(from: readonly number[], before: number | undefined, after: number | undefined, meter: Meter): number[] {
    const seen = new Set<number>();
    const threads: number[] = [];
    const pending = [...from].reverse();
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const instruction = this.#program.instructions[at]!;
      if (instruction.op === "split") pending.push(instruction.second, instruction.first);
      else if (instruction.op === "jump") pending.push(instruction.next);
      else if (instruction.op !== "assert" || after === undefined) threads.push(at);
      else if (holds(instruction.what, before!, after)) pending.push(instruction.next);
    }
    meter.spend(seen.size * 2);
    return threads;
  }

  /** The first match from an offset on, leftmost and preferred as Go does: its bounds. */
  find(text: string, from: number, meter: Meter): readonly [number, number] | undefined {
    let threads: { readonly at: number; readonly start: number }[] = [];
    let found: readonly [number, number] | undefined;
    for (let offset = from; offset <= text.length; ) {
      const rune = offset < text.length ? text.codePointAt(offset)! : endOfText;
      const before = offset === 0 ? startOfText : text.codePointAt(offset - 1)!;
      const starts = found === undefined ? [...threads, { at: this.#program.start, start: offset }] : threads;
      if (starts.length === 0) break;
      const { live, match } = this.#follow(starts, before, rune, meter);
      if (match !== undefined) found = [match, offset];
      threads = live;
      offset += rune > 0xffff ? 2 : 1;
    }
    return found;
  }

  /** One character for all threads; a match ends those that are preferred less. */
  #follow(from: readonly { at: number; start: number }[], before: number, rune: number, meter: Meter) {
    const seen = new Set<number>();
    const live: { at: number; start: number }[] = [];
    const pending = [...from].reverse();
    let match: number | undefined;
    for (let thread = pending.pop(); thread !== undefined; thread = pending.pop()) {
      const { at, start } = thread;
      if (seen.has(at)) continue;
      seen.add(at);
      const instruction = this.#program.instructions[at]!;
      if (instruction.op === "match") {
        match = start;
        break;
      }
      if (instruction.op === "split") pending.push({ at: instruction.second, start }, { at: instruction.first, start });
      else if (instruction.op === "jump") pending.push({ at: instruction.next, start });
      else if (instruction.op === "assert") {
        if (holds(instruction.what, before, rune)) pending.push({ at: instruction.next, start });
      } else if (rune !== endOfText && classHas(instruction.class, rune)) live.push({ at: instruction.next, start });
    }
    meter.spend(seen.size * 3);
    return { live, match };
  }
}

function isWord(rune: number): boolean {
  return (rune >= 48 && rune <= 57) || (rune >= 65 && rune <= 90) || (rune >= 97 && rune <= 122) || rune === 95;
}

function kindOf(rune: number): MachineState["before"] {
  return rune === 10 ? "newline" : isWord(rune) ? "word" : "other";
}

function holds(what: Assertion, before: number, after: number): boolean {
  switch (what) {
    case "textStart":
      return before === startOfText;
    case "textEnd":
      return after === endOfText;
    case "lineStart":
      return before === startOfText || before === 10;
    case "lineEnd":
      return after === endOfText || after === 10;
    case "word":
      return isWord(before) !== isWord(after);
    case "notWord":
      return isWord(before) === isWord(after);
  }
}
