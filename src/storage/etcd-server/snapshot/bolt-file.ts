/** Writes a bbolt file from records that come in order: leaves as they fill up, then the branches above them. */
import type { FileHandle } from "node:fs/promises";
import { branchBytes, branchPage, bucketsPage, CAPACITY, type Child, emptyFreelist, leafBytes, leafPage, metaPage, PAGE_BYTES } from "./bolt-pages.ts";
import type { Record } from "./records.ts";

/** Pages 0 and 1 are written last: they name the others. */
const FIRST_PAGE = 2;
/** Pages are gathered to writes of this size. */
const WRITE_BYTES = 1 << 20;

/** In the order of names. */
export type Buckets = Iterable<readonly [name: string, records: Iterable<Record>]>;

export async function writeBoltFile(file: FileHandle, buckets: Buckets): Promise<void> {
  const pages = new PageWriter(file);
  const roots: Child[] = [];
  for (const [name, records] of buckets) roots.push({ firstKey: Buffer.from(name), page: await writeTree(pages, records) });
  const root = await pages.add((page) => bucketsPage(page, roots));
  const freelist = await pages.add(emptyFreelist);
  await pages.flush();
  for (const page of [0, 1] as const) await file.write(metaPage(page, { root, freelist, end: pages.next }), 0, PAGE_BYTES, page * PAGE_BYTES);
}

/** Returns the root's page. */
async function writeTree(pages: PageWriter, records: Iterable<Record>): Promise<number> {
  let level: Child[] = [];
  for (const group of groups(records, leafBytes)) {
    level.push({ firstKey: group[0]?.key ?? new Uint8Array(0), page: await pages.add((page) => leafPage(page, group)) });
  }
  if (level.length === 0) return pages.add((page) => leafPage(page, []));
  while (level.length > 1) {
    const above: Child[] = [];
    for (const group of groups(level, branchBytes)) {
      above.push({ firstKey: (group[0] as Child).firstKey, page: await pages.add((page) => branchPage(page, group)) });
    }
    level = above;
  }
  return (level[0] as Child).page;
}

/** As many a page as fit, and one that does not fit alone. */
function* groups<T>(items: Iterable<T>, sizeOf: (item: T) => number): Generator<T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (group.length > 0 && bytes + size > CAPACITY) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(item);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

class PageWriter {
  readonly #file: FileHandle;
  #next = FIRST_PAGE;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The first page that is not taken. */
  get next(): number {
    return this.#next;
  }

  /** Returns the number of the page. */
  async add(make: (page: number) => Uint8Array): Promise<number> {
    const page = this.#next;
    const bytes = make(page);
    this.#next += bytes.length / PAGE_BYTES;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= WRITE_BYTES) await this.flush();
    return page;
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    const position = this.#next * PAGE_BYTES - bytes.length;
    this.#pending = [];
    this.#pendingBytes = 0;
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
    }
  }
}
