/**
 * The JSON of one object, without what all objects of its kind begin with, and in pieces: those of its own, kept as one,
 * and those it shares with others. In pods more than half is `fieldsV1`, the same for all pods that one manager writes,
 * and much of the rest is the spec of the template that many of them were made from.
 *
 * Where the text is cut means nothing: put together again, the pieces are the text. So the cuts are found by what
 * compact JSON looks like, at the speed of a search for text; an odd text is cut oddly, and shares nothing.
 *
 * Bytes are looked at as Latin-1, a character a byte: what is written is text anyhow, and a part of a text costs next to
 * nothing until it is to be kept.
 */
import type { SharedText, SharedTexts } from "./shared-texts.ts";

interface SharedPiece {
  /** Offset in the object's own bytes before which it stands. */
  readonly at: number;
  readonly shared: SharedText;
}

/** Inside a JSON string these quotes would be escaped, so this is a key. */
const fieldsKey = '"fieldsV1":{';
/** An array ends with an object: no `fieldsV1` has arrays. */
const entriesEnd = "}]";
const nextEntry = '},{"manager":';
const subresourceKey = ',"subresource":';
const specKey = '"spec":{';
const statusKey = '},"status":{';
/** Specs are cut where a field ends, at the first such place after so many bytes: small enough to leave out what differs. */
const specPieceBytes = 400;
const comma = 0x2c;
const quote = 0x22;
const arrayEnd = 0x5d;
const objectEnd = 0x7d;
/** A piece takes some hundred bytes of its own. */
const worthSharing = 200;
/** Few objects are larger, and cutting them would take long. */
const largest = 64 * 1024;
/** Managers of one object: more are somebody's game. */
const mostFieldSets = 16;
const nothingShared: readonly SharedPiece[] = [];

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The text that bytes were written from, where it is as long as they are, and what is known of its parts. */
export interface WrittenText {
  readonly text: string;
  readonly parts?: TextParts | undefined;
}

export interface TextParts {
  readonly fieldSets: readonly Stretch[];
  /** From `"spec":` on, without the brace that ends it; undefined where there is none. */
  readonly spec: Stretch | undefined;
}

export class PackedBytes {
  /** Latin-1. As a Buffer it would take 300 bytes more, and most of the time that packing takes. */
  readonly own: string;
  readonly shared: readonly SharedPiece[];
  readonly length: number;

  private constructor(own: string, shared: readonly SharedPiece[]) {
    this.own = own;
    this.shared = shared;
    let length = own.length;
    for (const piece of shared) length += piece.shared.bytes.length;
    this.length = length;
  }

  /** What comes after the first `skip` bytes, as they are: for objects that do not stay. */
  static whole(all: Uint8Array, skip: number): PackedBytes {
    return new PackedBytes(latin1(asBuffer(all), skip), nothingShared);
  }

  /** The same for objects that do. */
  static of(all: Uint8Array, skip: number, texts: SharedTexts, written?: WrittenText): PackedBytes {
    const bytes = asBuffer(all);
    const known = sharedStretches(bytes, skip, texts, written);
    if (known.length === 0) return new PackedBytes(latin1(bytes, skip), nothingShared);
    const shared: SharedPiece[] = [];
    let at = 0;
    let from = skip;
    for (const { start, end, shared: text } of known) {
      at += bytes.copy(scratch, at, from, start);
      shared.push({ at, shared: text });
      from = end;
    }
    at += bytes.copy(scratch, at, from);
    return new PackedBytes(latin1(scratch, 0, at), shared);
  }

  /** Writes everything at `offset`, returns where it ends. */
  write(target: Buffer, offset: number): number {
    let end = offset;
    let from = 0;
    for (const { at, shared } of this.shared) {
      end += target.write(this.own.slice(from, at), end, "latin1");
      end += shared.bytes.copy(target, end);
      from = at;
    }
    return end + target.write(from === 0 ? this.own : this.own.slice(from), end, "latin1");
  }
}

/** Where an object's own bytes are put together: of what is larger, nothing is shared. */
const scratch = Buffer.allocUnsafeSlow(largest);

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A copy: a part of a text would keep all of it. */
function latin1(bytes: Buffer, start: number, end: number = bytes.length): string {
  return bytes.toString("latin1", start, end);
}

interface SharedStretch extends Stretch {
  readonly shared: SharedText;
}

const nothingFound: readonly SharedStretch[] = [];

/** Those of the bytes that others have too, in order. */
function sharedStretches(bytes: Buffer, skip: number, texts: SharedTexts, written: WrittenText | undefined): readonly SharedStretch[] {
  if (bytes.length > largest || bytes.length - skip < worthSharing) return nothingFound;
  const text = written?.text ?? latin1(bytes, 0);
  const { fieldSets, spec } = written?.parts ?? partsOf(text, skip);
  const runs = new SharedRuns(bytes, text, texts);
  for (const { start, end } of fieldSets) runs.look(start, end, end);
  if (spec !== undefined) {
    let { start } = spec;
    while (start < spec.end) start = runs.look(start, fieldEnd(text, start + specPieceBytes, spec.end), spec.end);
  }
  return runs.close();
}

/** Collects shared stretches. What follows one another directly is one, once that has been met too. */
class SharedRuns {
  readonly #bytes: Buffer;
  readonly #text: string;
  readonly #texts: SharedTexts;
  readonly #found: SharedStretch[] = [];
  /** Index of the first one of those that follow one another at the end. */
  #run = 0;

  constructor(bytes: Buffer, text: string, texts: SharedTexts) {
    this.#bytes = bytes;
    this.#text = text;
    this.#texts = texts;
  }

  /** Takes the next stretch, if it is shared, and returns where to go on: behind it, or further, up to `limit`, where more was found. */
  look(start: number, end: number, limit: number): number {
    const shared = end - start < worthSharing ? undefined : this.#texts.share(this.#bytes, this.#text, start, end);
    if (shared === undefined) return end;
    if (this.#found.at(-1)?.end === start) {
      this.#found.push({ start, end, shared });
      return end;
    }
    this.close();
    this.#run = this.#found.length;
    const run = this.#runAt(start, limit, shared) ?? { start, end, shared };
    this.#found.push(run);
    return run.end;
  }

  /** What `first`, which was found there, was last the beginning of, if that is there too: then its other pieces need not be looked up. */
  #runAt(start: number, limit: number, { run }: SharedText): SharedStretch | undefined {
    if (run === undefined) return undefined;
    const end = start + run.text.length;
    return end <= limit && this.#text.slice(start, end) === run.text ? { start, end, shared: run } : undefined;
  }

  close(): readonly SharedStretch[] {
    const length = this.#found.length - this.#run;
    if (length < 2) return this.#found;
    const { start, shared: first } = this.#found[this.#run]!;
    const { end } = this.#found.at(-1)!;
    const shared = this.#texts.share(this.#bytes, this.#text, start, end);
    if (shared === undefined) return this.#found;
    first.run = shared;
    this.#found.splice(this.#run, length, { start, end, shared });
    return this.#found;
  }
}

/** By what the text looks like. */
function partsOf(text: string, skip: number): TextParts {
  const fieldSets = fieldSetsOf(text, skip);
  const start = text.indexOf(specKey, fieldSets.at(-1)?.end ?? skip);
  if (start < 0) return { fieldSets, spec: undefined };
  const status = text.indexOf(statusKey, start);
  // Without a status, the spec and the object end together.
  return { fieldSets, spec: { start, end: status < 0 ? text.length - "}}".length : status } };
}

/** What lies behind each `"fieldsV1":`. */
function fieldSetsOf(text: string, skip: number): readonly Stretch[] {
  const found: Stretch[] = [];
  let key = text.indexOf(fieldsKey, skip);
  while (key >= 0 && found.length < mostFieldSets) {
    const start = key + fieldsKey.length - 1;
    const entries = text.indexOf(entriesEnd, start);
    if (entries < 0) break;
    const end = start + fieldSetLength(text.slice(start, entries));
    found.push({ start, end });
    key = text.indexOf(fieldsKey, end);
  }
  return found;
}

/** `rest`: up to the end of the last entry. */
function fieldSetLength(rest: string): number {
  const next = rest.indexOf(nextEntry);
  const entry = next < 0 ? rest : rest.slice(0, next);
  const subresource = entry.indexOf(subresourceKey);
  return subresource < 0 ? entry.length : subresource;
}

/** Where the next array or object ends that another field follows, at or after `from`. */
function fieldEnd(text: string, from: number, end: number): number {
  for (let at = from; at < end - 2; at++) {
    // Most characters are neither: what ends an array or object is followed by `,"`.
    if (text.charCodeAt(at) !== comma || text.charCodeAt(at + 1) !== quote) continue;
    const before = text.charCodeAt(at - 1);
    if (before === arrayEnd || before === objectEnd) return at;
  }
  return end;
}
