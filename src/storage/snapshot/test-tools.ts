/** For tests of this folder. */
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { KeyValue, Lease } from "../store.ts";
import type { SnapshotFile } from "./format.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { type SaveOptions, saveSnapshot } from "./save.ts";
import type { SnapshotSource } from "./source.ts";
import type { VerifiedSnapshot } from "./verify.ts";

export const signal: AbortSignal = new AbortController().signal;

export const about: SaveOptions["about"] = { cluster: "test", takenAt: "2026-01-01T00:00:00.000Z", store: "sqlite", program: "0.0.0" };

export const noFiles: readonly SnapshotFile[] = [];

export function save(path: string, source: SnapshotSource, more: Partial<SaveOptions> = {}): Promise<VerifiedSnapshot> {
  return saveSnapshot({ path, source, about, files: noFiles, signal, ...more });
}

/** Key, value and revisions, in the file's order. */
export async function rowsOf(path: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const part of readSnapshot(path)) if (part.type === "keys") rows.push(...part.kvs.map(row));
  return rows;
}

export function row({ key, value, createRevision, modRevision, lease }: KeyValue): unknown {
  return [key, Buffer.from(value).toString(), createRevision, modRevision, lease];
}

/** A source of what is given, for files of a certain form. */
export function sourceOf(kvs: readonly KeyValue[], leases: readonly Lease[] = []): SnapshotSource {
  return {
    revision: 100,
    compactRevision: 10,
    keys: kvs.length,
    async *read() {
      yield kvs;
    },
    leases: async () => leases,
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Names beside the file. */
export async function beside(path: string): Promise<string[]> {
  return (await readdir(dirname(path))).sort();
}
