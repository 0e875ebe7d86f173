/**
 * The JSON of one object, without what all objects of its kind begin with, and in pieces: those of its own, kept as one,
 * and those it shares with others. In pods more than half is `fieldsV1`, the same for all pods that one manager writes,
 * and much of the rest is the spec of the template that many of them were made from.
 *
 * Where the text is cut means nothing: put together again, the pieces are the text. So the cuts are found by what
 * compact JSON looks like, at the speed of a search for bytes; an odd text is cut oddly, and shares nothing.
 */
import type { SharedTexts } from "./shared-texts.ts";

interface SharedPiece {
  /** Offset in the object's own bytes before which it stands. */
  readonly at: number;
  readonly bytes: Buffer;
}

/** Inside a JSON string these quotes would be escaped, so this is a key. */
const fieldsKey = Buffer.from('"fieldsV1":{');
/** An array ends with an object: no `fieldsV1` has arrays. */
const entriesEnd = Buffer.from("}]");
const nextEntry = Buffer.from('},{"manager":');
const subresourceKey = Buffer.from(',"subresource":');
const specKey = Buffer.from('"spec":{');
const statusKey = Buffer.from('},"status":{');
/** Specs are cut where a field ends, at the first such place after so many bytes: small enough to leave out what differs. */
const specPieceBytes = 400;
const comma = 0x2c;
const quote = 0x22;
const arrayEnd = 0x5d;
const objectEnd = 0x7d;
/** A piece takes some hundred bytes of its own. */
const worthSharing = 200;
const nothingShared: readonly SharedPiece[] = [];

export class PackedBytes {
  readonly #own: Buffer;
  readonly #shared: readonly SharedPiece[];

  private constructor(own: Buffer, shared: readonly SharedPiece[]) {
    this.#own = own;
    this.#shared = shared;
  }

  /** What comes after the first `skip` bytes, as they are: for objects that do not stay. `all` must not be changed. */
  static whole(all: Uint8Array, skip: number): PackedBytes {
    return new PackedBytes(Buffer.from(all.buffer, all.byteOffset + skip, Math.max(0, all.length - skip)), nothingShared);
  }

  /** The same for objects that do. `all` is kept where nothing of it is shared. `fieldSets`, where they are known, need not be looked for. */
  static of(all: Uint8Array, skip: number, texts: SharedTexts, fieldSets?: readonly Stretch[]): PackedBytes {
    const bytes = Buffer.from(all.buffer, all.byteOffset, all.length);
    const known = sharedStretches(bytes, skip, texts, fieldSets);
    if (known.length === 0 && isAlone(all)) return PackedBytes.whole(all, skip);
    const length = known.reduce((left, { start, end }) => left - (end - start), bytes.length - skip);
    // In memory of its own: in node's pool it would keep its neighbours alive.
    const own = Buffer.allocUnsafeSlow(length);
    const shared: SharedPiece[] = [];
    let at = 0;
    let from = skip;
    for (const { start, end, text } of known) {
      at += bytes.copy(own, at, from, start);
      shared.push({ at, bytes: text });
      from = end;
    }
    bytes.copy(own, at, from);
    return new PackedBytes(own, shared);
  }

  get length(): number {
    let length = this.#own.length;
    for (const { bytes } of this.#shared) length += bytes.length;
    return length;
  }

  push(pieces: Uint8Array[]): void {
    let from = 0;
    for (const { at, bytes } of this.#shared) {
      pieces.push(this.#own.subarray(from, at), bytes);
      from = at;
    }
    pieces.push(from === 0 ? this.#own : this.#own.subarray(from));
  }

  /** Writes everything at `offset`, returns where it ends. */
  write(target: Buffer, offset: number): number {
    let end = offset;
    let from = 0;
    for (const { at, bytes } of this.#shared) {
      end += this.#own.copy(target, end, from, at);
      end += bytes.copy(target, end);
      from = at;
    }
    return end + this.#own.copy(target, end, from);
  }
}

interface SharedStretch {
  readonly start: number;
  readonly end: number;
  readonly text: Buffer;
}

/** Those of the text that others have too. What follows one another directly is one, once that has been met too. */
function sharedStretches(bytes: Buffer, skip: number, texts: SharedTexts, sets: readonly Stretch[] | undefined): readonly SharedStretch[] {
  const found: SharedStretch[] = [];
  let run = 0;
  const close = () => {
    const first = found[run];
    const last = found.at(-1);
    if (first === undefined || last === undefined || first === last) return;
    const text = texts.share(bytes, first.start, last.end);
    if (text !== undefined) found.splice(run, found.length, { start: first.start, end: last.end, text });
  };
  for (const { start, end, text: latin1 } of stretches(bytes, skip, sets)) {
    const text = end - start < worthSharing ? undefined : texts.share(bytes, start, end, latin1);
    if (text === undefined) continue;
    if (found.at(-1)?.end !== start) {
      close();
      run = found.length;
    }
    found.push({ start, end, text });
  }
  close();
  return found;
}

/** Whether it has its memory to itself: a part of a message would keep all of it. */
function isAlone({ length, buffer }: Uint8Array): boolean {
  return buffer.byteLength <= length + length / 4;
}

/** Few objects are larger, and cutting them would take long. */
const largest = 64 * 1024;
/** Managers of one object: more are somebody's game. */
const mostFieldSets = 16;

export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** The same as text, of Latin-1 alone, where it is at hand. */
  readonly text?: string;
}

/** What others may have too, in order. */
function* stretches(bytes: Buffer, skip: number, sets: readonly Stretch[] | undefined): Generator<Stretch> {
  if (bytes.length > largest) return;
  if (sets !== undefined) yield* sets;
  yield* specPieces(bytes, sets === undefined ? yield* fieldSets(bytes, skip) : (sets.at(-1)?.end ?? skip));
}

/** What lies behind each `"fieldsV1":`; returns where the last one ends. */
function* fieldSets(bytes: Buffer, skip: number): Generator<Stretch, number> {
  let last = skip;
  let key = bytes.indexOf(fieldsKey, skip);
  for (let count = 0; key >= 0 && count < mostFieldSets; count++) {
    const start = key + fieldsKey.length - 1;
    const entries = bytes.indexOf(entriesEnd, start);
    if (entries < 0) return last;
    const rest = bytes.subarray(start, entries);
    const next = rest.indexOf(nextEntry);
    const entry = next < 0 ? rest : rest.subarray(0, next);
    const subresource = entry.indexOf(subresourceKey);
    const end = start + (subresource < 0 ? entry.length : subresource);
    yield { start, end };
    last = end;
    key = bytes.indexOf(fieldsKey, end);
  }
  return last;
}

/** Everything from the next `"spec":` to the status or the end. */
function* specPieces(bytes: Buffer, from: number): Generator<Stretch> {
  let start = bytes.indexOf(specKey, from);
  if (start < 0) return;
  const status = bytes.indexOf(statusKey, start);
  const spec = status < 0 ? bytes : bytes.subarray(0, status);
  while (start < spec.length) {
    const end = fieldEnd(spec, start + specPieceBytes);
    yield { start, end };
    start = end;
  }
}

/** Where the next array or object ends that another field follows, at or after `from`. */
function fieldEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length - 2; at++) {
    // Most bytes are neither: what ends an array or object is followed by `,"`.
    if (bytes[at] !== comma || bytes[at + 1] !== quote) continue;
    const before = bytes[at - 1];
    if (before === arrayEnd || before === objectEnd) return at;
  }
  return bytes.length;
}
