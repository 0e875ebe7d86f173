/** Writes a snapshot: streamed, synced, checked, and under its name only when it is whole. */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ChunkWriter } from "./chunk-writer.ts";
import { ContentHash } from "./content-hash.ts";
import { ChunkType, encodeFile, encodeJson, encodeRecord, type SnapshotEnd, type SnapshotFile, type SnapshotHeader } from "./format.ts";
import type { SnapshotSource } from "./source.ts";
import { type VerifiedSnapshot, verifySnapshot } from "./verify.ts";

export interface SaveOptions {
  /** Replaced when it exists. */
  readonly path: string;
  readonly source: SnapshotSource;
  readonly about: Omit<SnapshotHeader, "revision" | "compactRevision">;
  readonly files: readonly SnapshotFile[];
  readonly signal: AbortSignal;
  /** Keys written so far. */
  readonly progress?: (keys: number) => void;
}

/** Records gather to chunks of this size. */
const CHUNK_BYTES = 256 << 10;
const PARTIAL = /^\..+\.[0-9a-f]{8}\.partial$/;

/** Only the owner may read the file: it holds the cluster's Secrets and keys. Leaves nothing behind when it fails. */
export async function saveSnapshot({ path, ...options }: SaveOptions): Promise<VerifiedSnapshot> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.partial`);
  try {
    const file = await open(partial, "wx", 0o600);
    try {
      await write(file, options);
    } finally {
      await file.close();
    }
    // Read back: what a disk did not take should be told now, not on the day of the restore.
    const written = await verifySnapshot(partial, { signal: options.signal });
    await rename(partial, path);
    await syncFolder(dirname(path));
    return { ...written, path };
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Whether this is what a save leaves when its process is killed. */
export function isPartial(name: string): boolean {
  return PARTIAL.test(name);
}

/** A new name is as durable as its folder. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function write(file: FileHandle, { source, about, files, signal, progress }: Omit<SaveOptions, "path">): Promise<void> {
  const writer = new ChunkWriter(file);
  const { revision, compactRevision } = source;
  await writer.add({ type: ChunkType.header, payload: encodeJson({ ...about, revision, compactRevision }) });
  for (const each of files) await writer.add({ type: ChunkType.file, payload: encodeFile(each) });
  const content = new ContentHash();
  for await (const payload of chunks(source, content, signal)) {
    await writer.add({ type: ChunkType.keys, payload });
    progress?.(content.keys);
  }
  await writer.add({ type: ChunkType.leases, payload: encodeJson(await source.leases()) });
  await writer.add({ type: ChunkType.end, payload: encodeJson(content.result() satisfies SnapshotEnd) });
  await writer.end();
}

async function* chunks(source: SnapshotSource, content: ContentHash, signal: AbortSignal): AsyncGenerator<Buffer> {
  let records: Buffer[] = [];
  let bytes = 0;
  for await (const kvs of source.read(signal)) {
    for (const kv of kvs) {
      const record = encodeRecord(kv);
      content.add(kv);
      records.push(record);
      bytes += record.length;
      if (bytes < CHUNK_BYTES) continue;
      yield Buffer.concat(records);
      records = [];
      bytes = 0;
    }
  }
  if (records.length > 0) yield Buffer.concat(records);
}
