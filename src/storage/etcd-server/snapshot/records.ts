/**
 * A store as the records of etcd's backend (its mvcc/kvstore.go and lease/lessor.go): one a version, keyed by revision and
 * place in the transaction. What snapshots hold and hashes are made of. Pure.
 */
import type { Version } from "../../mvcc/history.ts";
import type { StoreImage } from "../../mvcc/store-image.ts";
import type { Lease } from "../../store.ts";

export interface Record {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const TOMBSTONE = 0x74;
const SEPARATOR = 0x5f;
const REVISION_BYTES = 17;

/** In the order of keys. `chosen` picks versions; absent for all. */
export function* versionRecords(image: StoreImage, chosen: (version: Version) => boolean = () => true): Generator<Record> {
  let place = { revision: 0, sub: 0 };
  for (const version of image.versions) {
    place = { revision: version.modRevision, sub: version.modRevision === place.revision ? place.sub + 1 : 0 };
    if (!chosen(version)) continue;
    const deleted = version.createRevision === 0;
    yield { key: revisionKey(place.revision, place.sub, deleted), value: deleted ? keyOnly(version) : keyValue(version, image.value(version)) };
  }
}

/** What etcd's HashKV looks at: versions up to `revision`; of those compacted, the ones that are still current there. */
export function hashedAt(image: StoreImage, revision: number): (version: Version) => boolean {
  const newest = new Map<string, Version>();
  for (const version of image.versions) if (version.modRevision <= revision) newest.set(version.key, version);
  return (version) => version.modRevision <= revision && (version.modRevision > image.compactRevision || newest.get(version.key) === version);
}

export function leaseRecords(leases: readonly Lease[]): Record[] {
  const records = leases.map(({ id, ttlSeconds }) => ({ key: int64(id), value: new Message().number(1, id).number(2, Math.ceil(ttlSeconds)).bytes() }));
  return records.sort((a, b) => Buffer.compare(a.key, b.key));
}

/** etcd restores a compaction that is recorded as finished; without one, its counter might go back. */
export function metaRecords(compactRevision: number): Record[] {
  const revision = revisionKey(compactRevision, 0, false);
  const names = compactRevision === 0 ? [] : ["finishedCompactRev", "scheduledCompactRev"];
  const compaction = names.map((name) => ({ key: Buffer.from(name), value: revision }));
  return [{ key: Buffer.from("consistent_index"), value: int64(1) }, ...compaction];
}

function revisionKey(revision: number, sub: number, deleted: boolean): Uint8Array {
  const key = Buffer.alloc(deleted ? REVISION_BYTES + 1 : REVISION_BYTES);
  key.writeBigInt64BE(BigInt(revision), 0);
  key[8] = SEPARATOR;
  key.writeBigInt64BE(BigInt(sub), 9);
  if (deleted) key[REVISION_BYTES] = TOMBSTONE;
  return key;
}

function int64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function keyOnly({ key }: Version): Uint8Array {
  return new Message().chunk(1, Buffer.from(key)).bytes();
}

function keyValue({ key, createRevision, modRevision, version, lease }: Version, value: Uint8Array): Uint8Array {
  const message = new Message().chunk(1, Buffer.from(key)).number(2, createRevision).number(3, modRevision).number(4, version);
  return message.chunk(5, value).number(6, lease).bytes();
}

/** Just enough of protobuf's encoding: fields in order, nothing for what is zero or empty. */
class Message {
  readonly #parts: Uint8Array[] = [];

  number(field: number, value: number): this {
    if (value !== 0) this.#parts.push(Uint8Array.of(field << 3, ...varint(value)));
    return this;
  }

  chunk(field: number, value: Uint8Array): this {
    if (value.length > 0) this.#parts.push(Uint8Array.of((field << 3) | 2, ...varint(value.length)), value);
    return this;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/** Of whole numbers from 0 to 2^53. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  bytes.push(value);
  return bytes;
}
