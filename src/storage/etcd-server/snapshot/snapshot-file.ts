/** A copy of the store in the form of etcd's own database, for `etcdctl snapshot save` and a real etcd to start from. */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { MvccStore } from "../../mvcc/mvcc-store.ts";
import type { StoreImage } from "../../mvcc/store-image.ts";
import { type Buckets, writeBoltFile } from "./bolt-file.ts";
import { crc32c } from "./crc32c.ts";
import { hashedAt, leaseRecords, metaRecords, type Record, versionRecords } from "./records.ts";

/** All that etcd makes for itself, most of them empty, in the order of names. */
function buckets(image: StoreImage): [string, Iterable<Record>][] {
  const empty = (name: string): [string, Iterable<Record>] => [name, []];
  return [
    ...["alarm", "auth", "authRoles", "authUsers", "cluster"].map(empty),
    ["key", versionRecords(image)],
    ["lease", leaseRecords(image.leases)],
    ...["members", "members_removed"].map(empty),
    ["meta", metaRecords(image.compactRevision)],
  ];
}

/**
 * The open file, which has no name any more: closing it removes it. Values may be Secrets, so it is for the owner's eyes
 * while it has one.
 */
export async function writeSnapshot(store: MvccStore, folder: string): Promise<FileHandle> {
  using image = store.image();
  const path = join(folder, `.coracle-snapshot-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  try {
    await rm(path);
    await writeBoltFile(file, buckets(image));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Bytes hashed before other work gets a turn. */
const HASH_TURN_BYTES = 4 << 20;

/** etcd's HashKV: equal for two stores with the same history, as long as no part of a transaction has been compacted. */
export async function hashKeys(image: StoreImage, revision: number): Promise<number> {
  return hashBuckets([["key", versionRecords(image, hashedAt(image, revision))]]);
}

/** Of everything a snapshot would hold. */
export async function hashAll(image: StoreImage): Promise<number> {
  return hashBuckets(buckets(image));
}

async function hashBuckets(all: Buckets): Promise<number> {
  let hash = 0;
  let bytes = 0;
  for (const [name, records] of all) {
    hash = crc32c(Buffer.from(name), hash);
    for (const { key, value } of records) {
      hash = crc32c(value, crc32c(key, hash));
      bytes += key.length + value.length;
      if (bytes < HASH_TURN_BYTES) continue;
      bytes = 0;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  return hash;
}
