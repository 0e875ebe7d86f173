/**
 * The snapshot file, format 1. Pure: makes and reads bytes, knows nothing of files.
 *
 *     file    = "CORASNAP" format(u32) chunk…
 *     chunk   = length(u32) type(u8) payload digest(32)
 *     digest  = SHA-256(digest of the chunk before, or of the first 12 bytes; length; type; payload)
 *
 * Numbers are big-endian. Each digest covers everything before it, so that a chunk that was changed, left out, repeated
 * or moved is found at that chunk; only the end chunk ends a file, so that one cut short is found whatever the length. The
 * last digest stands for the whole file: its hash.
 *
 * Chunks come in the order of `ChunkType`: one header, any number of files, keys, leases, and one end.
 */
import { createHash } from "node:crypto";
import type { KeyValue, Lease } from "../store.ts";

/** Grows with every change that older programs cannot read. */
export const FORMAT = 1;
export const PREAMBLE_BYTES = 12;
export const CHUNK_HEADER_BYTES = 5;
export const DIGEST_BYTES = 32;
/** A length above this is damage, not a chunk: reading one takes so much memory. */
export const MAX_PAYLOAD_BYTES = 64 << 20;

const MAGIC = "CORASNAP";

export const ChunkType = {
  /** JSON, a SnapshotHeader. */
  header: 1,
  /** JSON, a FileHeader; a zero byte; the file's bytes. */
  file: 2,
  /** Records, as `encodeRecord` makes them, in the order of keys (by their UTF-8 bytes) over all chunks. */
  keys: 3,
  /** JSON, a list of leases. */
  leases: 4,
  /** JSON, a SnapshotEnd. */
  end: 5,
} as const;
export type ChunkType = (typeof ChunkType)[keyof typeof ChunkType];

export interface SnapshotHeader {
  /** Name of the cluster. */
  readonly cluster: string;
  /** RFC 3339. */
  readonly takenAt: string;
  /** Everything is as of this revision. */
  readonly revision: number;
  /** What the store had forgotten by then; the snapshot itself holds the newest versions only. */
  readonly compactRevision: number;
  /** Where the cluster's objects lay. */
  readonly store: "sqlite" | "etcd";
  /** Version of the program that wrote it. */
  readonly program: string;
}

export interface FileHeader {
  /** Relative, with "/" between its parts. */
  readonly path: string;
}

/** A file that belongs to the cluster beside its store: keys, certificates, configuration. */
export interface SnapshotFile extends FileHeader {
  readonly bytes: Uint8Array;
}

export interface SnapshotEnd {
  readonly keys: number;
  /** Of all values. */
  readonly valueBytes: number;
  /** `ContentHash` of keys and values: the same wherever the cluster lies, whatever the revisions there. */
  readonly content: string;
}

export interface Chunk {
  readonly type: ChunkType;
  readonly payload: Uint8Array;
}

export function preamble(): Buffer {
  const bytes = Buffer.alloc(PREAMBLE_BYTES);
  bytes.write(MAGIC, "latin1");
  bytes.writeUInt32BE(FORMAT, MAGIC.length);
  return bytes;
}

/** Throws when this is not the beginning of a snapshot that can be read. */
export function checkPreamble(bytes: Buffer): void {
  if (bytes.length < PREAMBLE_BYTES || bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) throw new Error("it does not begin like a snapshot of Coracle");
  const format = bytes.readUInt32BE(MAGIC.length);
  if (format !== FORMAT) throw new Error(`its format is ${format}; this program reads format ${FORMAT}`);
}

/** The digest that the first chunk's goes on from. */
export function firstDigest(): Buffer {
  return createHash("sha256").update(preamble()).digest();
}

/** The bytes of a chunk around its payload, and the digest that the next one goes on from. */
export function frame(previous: Uint8Array, { type, payload }: Chunk): { readonly head: Buffer; readonly digest: Buffer } {
  if (payload.length > MAX_PAYLOAD_BYTES) throw new Error(`cannot write a chunk of ${payload.length} bytes: at most ${MAX_PAYLOAD_BYTES} go into one`);
  const head = Buffer.alloc(CHUNK_HEADER_BYTES);
  head.writeUInt32BE(payload.length);
  head.writeUInt8(type, 4);
  return { head, digest: createHash("sha256").update(previous).update(head).update(payload).digest() };
}

export function isChunkType(type: number): type is ChunkType {
  return Object.values(ChunkType).some((known) => known === type);
}

export function encodeJson(value: SnapshotHeader | SnapshotEnd | readonly Lease[]): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Only for payloads whose digest holds: what was written is what is read. */
export function decodeJson<T extends SnapshotHeader | SnapshotEnd | readonly Lease[]>(payload: Uint8Array): T {
  return JSON.parse(Buffer.from(payload).toString()) as T;
}

export function encodeFile({ path, bytes }: SnapshotFile): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ path } satisfies FileHeader)}\0`), bytes]);
}

export function decodeFile(payload: Buffer): SnapshotFile {
  const end = payload.indexOf(0);
  const { path } = JSON.parse(payload.toString("utf8", 0, end)) as FileHeader;
  return { path, bytes: payload.subarray(end + 1) };
}

/** Lengths of key and value, then four numbers of 8 bytes. */
const RECORD_HEADER_BYTES = 8 + 4 * 8;

/** A key with its value and all that the store knows of it; version 0 where the store does not count. */
export function encodeRecord(kv: KeyValue): Buffer {
  const key = Buffer.from(kv.key);
  const bytes = Buffer.allocUnsafe(RECORD_HEADER_BYTES + key.length + kv.value.length);
  bytes.writeUInt32BE(key.length, 0);
  bytes.writeUInt32BE(kv.value.length, 4);
  for (const [index, number] of [kv.createRevision, kv.modRevision, kv.version ?? 0, kv.lease].entries()) {
    bytes.writeBigUInt64BE(BigInt(number), 8 + index * 8);
  }
  bytes.set(key, RECORD_HEADER_BYTES);
  bytes.set(kv.value, RECORD_HEADER_BYTES + key.length);
  return bytes;
}

/** Bytes that `encodeRecord` makes of it. */
export function recordBytes({ key, value }: KeyValue): number {
  return RECORD_HEADER_BYTES + Buffer.byteLength(key) + value.length;
}

/** Values share the payload's memory. */
export function* decodeRecords(payload: Buffer): Generator<KeyValue> {
  for (let at = 0; at < payload.length; ) {
    const number = (index: number) => Number(payload.readBigUInt64BE(at + 8 + index * 8));
    const keyEnd = at + RECORD_HEADER_BYTES + payload.readUInt32BE(at);
    const end = keyEnd + payload.readUInt32BE(at + 4);
    if (end > payload.length) throw new Error("a record goes beyond its chunk");
    const [createRevision, modRevision, version, lease] = [number(0), number(1), number(2), number(3)];
    const counted = version === 0 ? {} : { version };
    yield {
      key: payload.toString("utf8", at + RECORD_HEADER_BYTES, keyEnd),
      value: payload.subarray(keyEnd, end),
      createRevision,
      modRevision,
      lease,
      ...counted,
    };
    at = end;
  }
}
