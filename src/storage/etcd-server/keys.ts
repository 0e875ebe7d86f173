/**
 * Keys on the wire are bytes, in the store they are text. Among keys that are text, any bound in bytes stands where some
 * bound in text stands: at the smallest text that is not below it. So ranges lose nothing, whatever their bytes.
 */
import type { KeyRange } from "../mvcc/key-order.ts";
import { prefixEnd } from "../store.ts";
import { refusal } from "./etcd-error.ts";
import type { WireRange } from "./protocol.ts";

const LAST_CODE_POINT = 0x10ffff;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Of a key to be written. Throws what etcd says of an empty key, and for one that the store cannot hold. */
export function keyText(key: Uint8Array): string {
  const text = exactText(key);
  if (text === "") throw refusal("emptyKey");
  if (text === undefined) throw refusal("keyNotText");
  return text;
}

/** Throws what etcd says of an empty key. A key that is not text is an empty range: there can be none of that name. */
export function keyRange({ key, range_end: end }: WireRange): KeyRange {
  if (key.length === 0) throw refusal("emptyKey");
  if (end.length > 0) return { start: lowestText(key), end: isFromKey(end) ? prefixEnd("") : lowestText(end) };
  const start = exactText(key);
  return start === undefined ? { start: "", end: "" } : { start };
}

function isFromKey(end: Uint8Array): boolean {
  return end.length === 1 && end[0] === 0;
}

/** Undefined for bytes that are not UTF-8. */
export function exactText(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The smallest text whose UTF-8 is not below these bytes. */
export function lowestText(bytes: Uint8Array): string {
  const exact = exactText(bytes);
  if (exact !== undefined) return exact;
  const length = validLength(bytes);
  const prefix = strict.decode(bytes.subarray(0, length));
  const next = lowestCodePoint(bytes.subarray(length));
  // Above every character: the place after everything that begins with what came before.
  return next === undefined ? prefixEnd(prefix) : prefix + String.fromCodePoint(next);
}

/** How many of the bytes, from the beginning, are whole characters. */
function validLength(bytes: Uint8Array): number {
  let length = 0;
  for (;;) {
    const size = [1, 2, 3, 4].find((count) => length + count <= bytes.length && exactText(bytes.subarray(length, length + count)) !== undefined);
    if (size === undefined) return length;
    length += size;
  }
}

/** The first character at or above bytes that do not begin with one; UTF-8 has the order of code points. */
function lowestCodePoint(bytes: Uint8Array): number | undefined {
  let low = 0;
  let high = LAST_CODE_POINT + 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(Buffer.from(String.fromCodePoint(isSurrogate(middle) ? 0xd7ff : middle)), bytes) < 0) low = middle + 1;
    else high = middle;
  }
  if (isSurrogate(low)) low = 0xe000;
  return low > LAST_CODE_POINT ? undefined : low;
}

function isSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff;
}
