/**
 * The pages of a bbolt file (go.etcd.io/bbolt, format version 2), little-endian: what etcd's backend is stored in. Pure:
 * makes pages, knows nothing of files.
 */
import type { Record } from "./records.ts";

export const PAGE_BYTES = 4096;

const MAGIC = 0xed0cdaed;
const FORMAT_VERSION = 2;
const HEADER_BYTES = 16;
const ELEMENT_BYTES = 16;

const BRANCH = 0x01;
const LEAF = 0x02;
const META = 0x04;
const FREELIST = 0x10;
/** Of a leaf's element: its value is a bucket. */
const BUCKET = 0x01;

export interface Child {
  readonly firstKey: Uint8Array;
  readonly page: number;
}

export interface Roots {
  /** Page of the bucket of buckets. */
  readonly root: number;
  readonly freelist: number;
  /** The first page that does not exist. */
  readonly end: number;
}

/** One of the two pages a file begins with; the one with the higher transaction counts. */
export function metaPage(page: 0 | 1, { root, freelist, end }: Roots): Uint8Array {
  const bytes = emptyPage(page, META, 0);
  const meta = bytes.subarray(HEADER_BYTES);
  for (const [index, value] of [MAGIC, FORMAT_VERSION, PAGE_BYTES, 0].entries()) meta.writeUInt32LE(value, index * 4);
  for (const [index, value] of [root, 0, freelist, end, page].entries()) meta.writeBigUInt64LE(BigInt(value), 16 + index * 8);
  meta.writeBigUInt64LE(fnv1a(meta.subarray(0, 56)), 56);
  return bytes;
}

export function emptyFreelist(page: number): Uint8Array {
  return emptyPage(page, FREELIST, 0);
}

/** Longer than a page when the records need it: it then takes the pages after it, too. */
export function leafPage(page: number, records: readonly Record[]): Uint8Array {
  return leaf(page, records, 0);
}

/** The bucket of buckets. `buckets` are names, in their order, and root pages. */
export function bucketsPage(page: number, buckets: readonly Child[]): Uint8Array {
  const header = (root: number) => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(BigInt(root));
    return bytes;
  };
  return leaf(
    page,
    buckets.map(({ firstKey, page: root }) => ({ key: firstKey, value: header(root) })),
    BUCKET,
  );
}

function leaf(page: number, records: readonly Record[], flags: number): Uint8Array {
  const bytes = emptyPage(
    page,
    LEAF,
    records.length,
    records.reduce((sum, record) => sum + leafBytes(record), 0),
  );
  let at = HEADER_BYTES + records.length * ELEMENT_BYTES;
  for (const [index, { key, value }] of records.entries()) {
    const element = HEADER_BYTES + index * ELEMENT_BYTES;
    for (const [field, number] of [flags, at - element, key.length, value.length].entries()) bytes.writeUInt32LE(number, element + field * 4);
    bytes.set(key, at);
    bytes.set(value, at + key.length);
    at += key.length + value.length;
  }
  return bytes;
}

export function branchPage(page: number, children: readonly Child[]): Uint8Array {
  const bytes = emptyPage(
    page,
    BRANCH,
    children.length,
    children.reduce((sum, child) => sum + branchBytes(child), 0),
  );
  let at = HEADER_BYTES + children.length * ELEMENT_BYTES;
  for (const [index, child] of children.entries()) {
    const element = HEADER_BYTES + index * ELEMENT_BYTES;
    bytes.writeUInt32LE(at - element, element);
    bytes.writeUInt32LE(child.firstKey.length, element + 4);
    bytes.writeBigUInt64LE(BigInt(child.page), element + 8);
    bytes.set(child.firstKey, at);
    at += child.firstKey.length;
  }
  return bytes;
}

/** What an entry takes of a page. */
export function leafBytes({ key, value }: Record): number {
  return ELEMENT_BYTES + key.length + value.length;
}

export function branchBytes({ firstKey }: Child): number {
  return ELEMENT_BYTES + firstKey.length;
}

/** Room for entries. */
export const CAPACITY = PAGE_BYTES - HEADER_BYTES;

function emptyPage(page: number, flags: number, count: number, content = 0): Buffer {
  const pages = Math.max(1, Math.ceil((HEADER_BYTES + content) / PAGE_BYTES));
  const bytes = Buffer.alloc(pages * PAGE_BYTES);
  bytes.writeBigUInt64LE(BigInt(page), 0);
  bytes.writeUInt16LE(flags, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(pages - 1, 12);
  return bytes;
}

function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
