/** Reading SQLite's write-ahead log (https://sqlite.org/fileformat.html#the_write_ahead_log). Pure. */

import { PAGE_SIZES } from "./layout.ts";

export const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The last bit of the magic tells the byte order of the words that checksums add up. */
const MAGIC = 0x377f0682;

interface Checksum {
  a: number;
  b: number;
}

/** Transactions that may stand in the log without being synced: the next is not begun before. */
export const MAX_UNSYNCED_COMMITS = 1;

/**
 * Pages that SQLite would silently leave out though they had been synced: 0 for a sound log. SQLite reads a log up to
 * the first frame that does not check. A loss of power may tear those transactions that were not synced,
 * so the ends of more than these behind a bad frame prove damage.
 */
export function lostFrames(log: Buffer): number {
  if (log.length < WAL_HEADER_BYTES) return 0;
  if (headerIsSound(log)) return lostOf(log, log.readUInt32BE(8), true);
  return Math.max(...PAGE_SIZES.map((pageBytes) => lostOf(log, pageBytes, false)));
}

/** A damaged header cannot tell which frames are left over from before the log was last begun anew. It is one sector, synced before them, so a crash does not leave one. */
function lostOf(log: Buffer, pageBytes: number, whole: boolean): number {
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frames = Math.floor((log.length - WAL_HEADER_BYTES) / frameBytes);
  const salts = log.subarray(16, 24);
  const sound = whole ? soundFrames(log, frameBytes, frames) : 0;
  let commits = 0;
  let lost = 0;
  for (let frame = sound; frame < frames; frame++) {
    const at = WAL_HEADER_BYTES + frame * frameBytes;
    if (whole && !log.subarray(at + 8, at + 16).equals(salts)) continue;
    lost++;
    if (log.readUInt32BE(at + 4) !== 0) commits++;
  }
  return commits > MAX_UNSYNCED_COMMITS ? lost : 0;
}

function headerIsSound(log: Buffer): boolean {
  const magic = log.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== MAGIC) return false;
  const sum = { a: 0, b: 0 };
  add(sum, log, 0, 24, (magic & 1) === 1);
  return sum.a === log.readUInt32BE(24) && sum.b === log.readUInt32BE(28);
}

/** Frames before the first one whose running checksum or salts do not hold. */
function soundFrames(log: Buffer, frameBytes: number, frames: number): number {
  const sum = { a: log.readUInt32BE(24), b: log.readUInt32BE(28) };
  const bigEndian = (log.readUInt32BE(0) & 1) === 1;
  for (let frame = 0; frame < frames; frame++) {
    const at = WAL_HEADER_BYTES + frame * frameBytes;
    if (!log.subarray(at + 8, at + 16).equals(log.subarray(16, 24))) return frame;
    add(sum, log, at, at + 8, bigEndian);
    add(sum, log, at + FRAME_HEADER_BYTES, at + frameBytes, bigEndian);
    if (sum.a !== log.readUInt32BE(at + 16) || sum.b !== log.readUInt32BE(at + 20)) return frame;
  }
  return frames;
}

function add(sum: Checksum, log: Buffer, from: number, to: number, bigEndian: boolean): void {
  const view = new DataView(log.buffer, log.byteOffset);
  let { a, b } = sum;
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, !bigEndian) + b) >>> 0;
    b = (b + view.getUint32(at + 4, !bigEndian) + a) >>> 0;
  }
  sum.a = a;
  sum.b = b;
}
