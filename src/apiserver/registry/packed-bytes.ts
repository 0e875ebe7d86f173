/**
 * The JSON of one object, without what all objects of its kind begin with, and in pieces: those of its own, kept as one,
 * and those it shares with others. In pods more than half is `fieldsV1`, the same for all pods that one manager writes.
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
/** An array ends with an object, and another key follows: no `fieldsV1` has arrays. */
const entriesEnd = Buffer.from('}],"');
const nextEntry = Buffer.from('},{"manager":');
const subresourceKey = Buffer.from(',"subresource":');
/** A piece takes some hundred bytes of its own. */
const worthSharing = 256;
const nothingShared: readonly SharedPiece[] = [];

export class PackedBytes {
  readonly #own: Uint8Array;
  readonly #shared: readonly SharedPiece[];

  private constructor(own: Uint8Array, shared: readonly SharedPiece[]) {
    this.#own = own;
    this.#shared = shared;
  }

  /** What comes after the first `skip` bytes, as they are: for objects that do not stay. `all` must not be changed. */
  static whole(all: Uint8Array, skip: number): PackedBytes {
    return new PackedBytes(all.subarray(skip), nothingShared);
  }

  /** The same for objects that do. `all` is kept where nothing of it is shared. */
  static of(all: Uint8Array, skip: number, texts: SharedTexts): PackedBytes {
    const bytes = Buffer.from(all.buffer, all.byteOffset, all.length);
    const shared: SharedPiece[] = [];
    const kept: Uint8Array[] = [];
    let length = 0;
    let from = skip;
    const keep = (end: number) => {
      kept.push(bytes.subarray(from, end));
      length += end - from;
    };
    for (const [start, end] of fieldSets(bytes, skip)) {
      const text = end - start < worthSharing ? undefined : texts.share(bytes, start, end);
      if (text === undefined) continue;
      keep(start);
      shared.push({ at: length, bytes: text });
      from = end;
    }
    if (shared.length === 0 && isAlone(all)) return PackedBytes.whole(all, skip);
    keep(bytes.length);
    return new PackedBytes(joined(kept, length), shared);
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
  write(target: Uint8Array, offset: number): number {
    let end = offset;
    let from = 0;
    for (const { at, bytes } of this.#shared) {
      target.set(this.#own.subarray(from, at), end);
      target.set(bytes, end + at - from);
      end += at - from + bytes.length;
      from = at;
    }
    target.set(from === 0 ? this.#own : this.#own.subarray(from), end);
    return end + this.#own.length - from;
  }
}

/** Whether it has its memory to itself: a part of a message would keep all of it. */
function isAlone({ length, buffer }: Uint8Array): boolean {
  return buffer.byteLength <= length + length / 4;
}

/** Start and end of what lies behind each `"fieldsV1":`. */
function* fieldSets(bytes: Buffer, skip: number): Generator<readonly [number, number]> {
  let key = bytes.indexOf(fieldsKey, skip);
  while (key >= 0) {
    const start = key + fieldsKey.length - 1;
    const entries = bytes.indexOf(entriesEnd, start);
    if (entries < 0) return;
    const rest = bytes.subarray(start, entries);
    const next = rest.indexOf(nextEntry);
    const entry = next < 0 ? rest : rest.subarray(0, next);
    const subresource = entry.indexOf(subresourceKey);
    const end = start + (subresource < 0 ? entry.length : subresource);
    yield [start, end];
    key = bytes.indexOf(fieldsKey, end);
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Buffer {
  const all = Buffer.allocUnsafeSlow(length);
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}
