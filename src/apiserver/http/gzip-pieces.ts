/**
 * gzip of a list whose items have not changed: only its head tells another revision each time. Deflate streams may be
 * laid end to end where each but the last ends on a byte and not with a final block, and checksums can be joined without
 * the bytes (RFC 1951, 1952). So the items are compressed once, beside the event loop, and kept as long as they are.
 */
import { promisify } from "node:util";
import { constants, crc32, deflateRaw, deflateRawSync } from "node:zlib";
import { onSpareThread } from "./spare-thread.ts";

const deflateAsync = promisify(deflateRaw);

/** Upstream's level: the least work, and lists of objects alike shrink to a tenth all the same. */
const level = constants.Z_BEST_SPEED;
const openEnded = { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 256 * 1024 };

interface Compressed {
  readonly bytes: Buffer;
  readonly crc: number;
}

/** As long as the bytes that it was made of are kept by somebody, of which it takes a tenth. */
const kept = new WeakMap<Buffer, Promise<Compressed>>();

/** One gzip member that stands for the three, one after the other. Many that ask for the same items at once share the work. */
export async function gzipPieces(head: Buffer, items: Buffer, tail: Buffer): Promise<Buffer[]> {
  let compressing = kept.get(items);
  if (compressing === undefined) {
    compressing = compress(items);
    kept.set(items, compressing);
    compressing.catch(() => kept.delete(items));
  }
  const { bytes, crc } = await compressing;
  const whole = crc32(tail, joinedCrc(crc32(head), crc, items.length));
  return [header, deflateRawSync(head, openEnded), bytes, deflateRawSync(tail, { level }), trailer(whole, head.length + items.length + tail.length)];
}

/** No name and no time; the fastest level; no particular operating system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff]);

function trailer(crc: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(length % 2 ** 32, 4);
  return bytes;
}

async function compress(items: Buffer): Promise<Compressed> {
  const [bytes, crc] = await Promise.all([onSpareThread(() => deflateAsync(items, openEnded)), crcInTurns(items)]);
  return { bytes, crc };
}

/** Some milliseconds' worth. */
const bytesATurn = 4 * 1024 * 1024;

async function crcInTurns(bytes: Buffer): Promise<number> {
  let crc = 0;
  for (let offset = 0; offset < bytes.length; offset += bytesATurn) {
    if (offset > 0) await new Promise((resolve) => setImmediate(resolve));
    crc = crc32(bytes.subarray(offset, offset + bytesATurn), crc);
  }
  return crc;
}

/* CRC-32 is a remainder of polynomials over two elements; bits are reversed, x^0 is the highest. */

const polynomial = 0xedb88320;

function times(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) !== 0 ? (factor >>> 1) ^ polynomial : factor >>> 1;
  }
  return product >>> 0;
}

/** x^(2^n), n from 0. */
const squares = [0x40000000];
for (let n = 1; n < 64; n++) squares.push(times(squares[n - 1]!, squares[n - 1]!));

/** The checksum of two texts one after the other, from those of each: the first is moved up by the second's length. */
export function joinedCrc(first: number, second: number, secondLength: number): number {
  let shift = 0x80000000;
  // Bytes have eight bits: x^(8 length).
  for (let [rest, n] = [secondLength, 3]; rest > 0; rest = Math.floor(rest / 2), n++) if (rest % 2 === 1) shift = times(squares[n]!, shift);
  return (times(shift, first) ^ second) >>> 0;
}
