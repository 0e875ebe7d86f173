/** Reads a whole snapshot and believes nothing: what `coracle snapshot status` shows, and what a restore begins with. */
import { compareKeys } from "../mvcc/key-order.ts";
import type { KeyValue, Lease } from "../store.ts";
import { ContentHash } from "./content-hash.ts";
import type { SnapshotEnd, SnapshotFile, SnapshotHeader } from "./format.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { SnapshotDamagedError } from "./snapshot-error.ts";

export interface VerifiedSnapshot extends SnapshotHeader, SnapshotEnd {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256, hexadecimal, of everything in the file. */
  readonly hash: string;
  readonly files: readonly SnapshotFile[];
  readonly leases: readonly Lease[];
}

export interface VerifyOptions {
  readonly signal?: AbortSignal;
  /** Is shown every key on the way; `position` is where in the file the records of these begin. */
  readonly visit?: (kvs: readonly KeyValue[], position: number) => void;
}

/** Throws SnapshotDamagedError when any byte is not as it was written. */
export async function verifySnapshot(path: string, { signal, visit }: VerifyOptions = {}): Promise<VerifiedSnapshot> {
  const damaged = (reason: string) => new SnapshotDamagedError(path, reason);
  const hash = new ContentHash();
  const files: SnapshotFile[] = [];
  let header: SnapshotHeader | undefined;
  let leases: readonly Lease[] = [];
  let last: string | undefined;
  for await (const part of readSnapshot(path)) {
    signal?.throwIfAborted();
    if ((part.type === "header") !== (header === undefined)) throw damaged("it has no header, or two");
    if (part.type === "header") header = part.header;
    else if (part.type === "file") files.push(part.file);
    else if (part.type === "leases") leases = part.leases;
    else if (part.type === "keys") {
      for (const kv of part.kvs) {
        if (last !== undefined && compareKeys(last, kv.key) >= 0) throw damaged(`key ${JSON.stringify(kv.key)} is out of order`);
        last = kv.key;
        hash.add(kv);
      }
      visit?.(part.kvs, part.position);
    } else {
      const content = hash.result();
      if (content.content !== part.end.content || content.keys !== part.end.keys)
        throw damaged(`it holds ${content.keys} keys that are not the ${part.end.keys} it was to hold`);
      return { path, sizeBytes: part.bytes, hash: part.hash, files, leases, ...(header as SnapshotHeader), ...part.end };
    }
  }
  throw damaged("it has no end");
}
