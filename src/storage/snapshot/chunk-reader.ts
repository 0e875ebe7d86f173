/** Chunks of a file, each handed out only when its digest holds. */
import { type FileHandle, open } from "node:fs/promises";
import {
  CHUNK_HEADER_BYTES,
  type ChunkType,
  checkPreamble,
  DIGEST_BYTES,
  firstDigest,
  frame,
  isChunkType,
  MAX_PAYLOAD_BYTES,
  PREAMBLE_BYTES,
  ChunkType as Types,
} from "./format.ts";
import { SnapshotDamagedError } from "./snapshot-error.ts";

export interface ReadChunk {
  readonly type: ChunkType;
  readonly payload: Buffer;
  /** Of the file up to and with this chunk, hexadecimal. */
  readonly hash: string;
  /** Bytes of the file read so far. */
  readonly position: number;
}

/** Throws SnapshotDamagedError at the first byte that is not as it was written, at the end when the file was cut short. */
export async function* readChunks(path: string): AsyncGenerator<ReadChunk> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw new Error(`cannot open snapshot "${path}": ${(cause as Error).message}`, { cause });
  });
  try {
    yield* chunksOf(file, path);
  } finally {
    await file.close();
  }
}

async function* chunksOf(file: FileHandle, path: string): AsyncGenerator<ReadChunk> {
  const damaged = (reason: string) => new SnapshotDamagedError(path, reason);
  try {
    checkPreamble(await read(file, 0, PREAMBLE_BYTES));
  } catch (error) {
    throw damaged((error as Error).message);
  }
  let digest = firstDigest();
  let position = PREAMBLE_BYTES;
  for (let number = 1; ; number++) {
    const cutShort = () => damaged(`it has been cut short: it ends within chunk ${number}, at byte ${position}`);
    const changed = () => damaged(`chunk ${number} at byte ${position} is not as it was written (its SHA-256 does not match)`);
    const head = await read(file, position, CHUNK_HEADER_BYTES);
    if (head.length < CHUNK_HEADER_BYTES) throw cutShort();
    const [length, type] = [head.readUInt32BE(), head.readUInt8(4)];
    if (!isChunkType(type) || length > MAX_PAYLOAD_BYTES) throw changed();
    const body = await read(file, position + CHUNK_HEADER_BYTES, length + DIGEST_BYTES);
    if (body.length < length + DIGEST_BYTES) throw cutShort();
    const payload = body.subarray(0, length);
    ({ digest } = frame(digest, { type, payload }));
    if (!digest.equals(body.subarray(length))) throw changed();
    position += CHUNK_HEADER_BYTES + length + DIGEST_BYTES;
    const ends = type === Types.end;
    if (ends && (await read(file, position, 1)).length > 0) throw damaged(`something follows its end, at byte ${position}`);
    yield { type, payload, hash: digest.toString("hex"), position };
    if (ends) return;
  }
}

/** Shorter than asked for only at the end of the file. */
async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
