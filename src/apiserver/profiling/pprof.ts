/** Profiles of the JavaScript engine in the form that `go tool pprof` reads: google/pprof's profile.proto, gzipped by who sends it. Pure. */
import protobuf from "protobufjs/minimal.js";

type Writer = protobuf.Writer;

/** A function as the engine names it. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

export interface Sample {
  /** Innermost first. */
  readonly stack: readonly CallFrame[];
  /** One for each of the profile's types. */
  readonly values: readonly number[];
}

export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

export interface Profile {
  readonly types: readonly ValueType[];
  readonly samples: readonly Sample[];
  readonly periodType: ValueType;
  readonly period: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}

export function encodeProfile(profile: Profile): Uint8Array {
  return new Encoder(profile).finish();
}

/** Places, functions and texts are written once and named by number. */
class Encoder {
  readonly #profile: Profile;
  readonly #writer = protobuf.Writer.create();
  readonly #texts = new Map([["", 0]]);
  readonly #places = new Map<string, { readonly id: number; readonly frame: CallFrame }>();

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  finish(): Uint8Array {
    const { types, samples, periodType, period, startedAt, durationMs } = this.#profile;
    for (const type of types) this.#message(1, (writer) => this.#valueType(writer, type));
    for (const sample of samples) this.#message(2, (writer) => this.#sample(writer, sample));
    for (const { id, frame } of this.#places.values()) this.#place(id, frame);
    this.#message(11, (writer) => this.#valueType(writer, periodType));
    const numbers: [field: number, value: number][] = [
      [9, startedAt * 1e6],
      [10, durationMs * 1e6],
      [12, period],
    ];
    for (const [field, value] of numbers) this.#writer.uint32(field << 3).int64(Math.round(value));
    for (const text of this.#texts.keys()) this.#writer.uint32((6 << 3) | 2).string(text);
    return this.#writer.finish();
  }

  #message(field: number, write: (writer: Writer) => void): void {
    this.#writer.uint32((field << 3) | 2).fork();
    write(this.#writer);
    this.#writer.ldelim();
  }

  #valueType(writer: Writer, { type, unit }: ValueType): void {
    writer.uint32(8).int64(this.#text(type)).uint32(16).int64(this.#text(unit));
  }

  #sample(writer: Writer, { stack, values }: Sample): void {
    writer.uint32(10).fork();
    for (const frame of stack) writer.uint64(this.#placeOf(frame));
    writer.ldelim().uint32(18).fork();
    for (const value of values) writer.int64(Math.round(value));
    writer.ldelim();
  }

  /** A location of one line, and its function, under the same number. */
  #place(id: number, { functionName, url, lineNumber }: CallFrame): void {
    const line = lineNumber + 1;
    const name = this.#text(functionName === "" ? "(anonymous)" : functionName);
    const file = this.#text(url);
    this.#message(4, (writer) => {
      writer.uint32(8).uint64(id).uint32(34).fork().uint32(8).uint64(id).uint32(16).int64(line).ldelim();
    });
    this.#message(5, (writer) => {
      writer.uint32(8).uint64(id).uint32(16).int64(name).uint32(24).int64(name).uint32(32).int64(file).uint32(40).int64(line);
    });
  }

  #placeOf(frame: CallFrame): number {
    const key = `${frame.functionName}\n${frame.url}\n${frame.lineNumber}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known.id;
    const id = this.#places.size + 1;
    this.#places.set(key, { id, frame });
    return id;
  }

  #text(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#texts.size);
    return this.#texts.size - 1;
  }
}
