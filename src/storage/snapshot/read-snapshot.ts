/** A snapshot part by part, in one pass and without holding more than a chunk. */
import type { KeyValue, Lease } from "../store.ts";
import { readChunks } from "./chunk-reader.ts";
import { ChunkType, DIGEST_BYTES, decodeFile, decodeJson, decodeRecords, type SnapshotEnd, type SnapshotFile, type SnapshotHeader } from "./format.ts";

export type SnapshotPart =
  | { readonly type: "header"; readonly header: SnapshotHeader }
  | { readonly type: "file"; readonly file: SnapshotFile }
  /** `position` is where in the file their records begin, one after the other. */
  | { readonly type: "keys"; readonly kvs: readonly KeyValue[]; readonly position: number }
  | { readonly type: "leases"; readonly leases: readonly Lease[] }
  /** `hash` and `bytes` are the whole file's. */
  | { readonly type: "end"; readonly end: SnapshotEnd; readonly hash: string; readonly bytes: number };

/** Throws SnapshotDamagedError where the file is not as it was written: what came before has been handed out by then. */
export async function* readSnapshot(path: string): AsyncGenerator<SnapshotPart> {
  for await (const { type, payload, hash, position } of readChunks(path)) {
    switch (type) {
      case ChunkType.header:
        yield { type: "header", header: decodeJson<SnapshotHeader>(payload) };
        break;
      case ChunkType.file:
        yield { type: "file", file: decodeFile(payload) };
        break;
      case ChunkType.keys:
        yield { type: "keys", kvs: [...decodeRecords(payload)], position: position - DIGEST_BYTES - payload.length };
        break;
      case ChunkType.leases:
        yield { type: "leases", leases: decodeJson<readonly Lease[]>(payload) };
        break;
      case ChunkType.end:
        yield { type: "end", end: decodeJson<SnapshotEnd>(payload), hash, bytes: position };
        break;
    }
  }
}
