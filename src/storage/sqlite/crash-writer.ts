/**
 * The program that crash.test.ts kills. It opens the store at PATH, tells what it finds there and what a watch from
 * revision FROM brings, and then writes until its end: WRITERS loops, each counting up in two keys by one transaction,
 * with compactions all the time and a log so short that it is moved into the main file all the time. Lines go to
 * standard output at once:
 *
 *     open                             the store is about to be opened
 *     found JSON                       a Found
 *     acknowledged WRITER COUNT REVISION
 *     watched WRITER COUNT REVISION    as a watch brought it
 *     compacting | compacted
 */
import { writeSync } from "node:fs";
import { watching } from "../contract-tools.ts";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import { type KeyValue, prefixEnd } from "../store.ts";
import { silentLogger, VirtualClock } from "./fake-surroundings.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

export const WRITERS = 12;
/** Half a megabyte. */
const LOG_PAGES = 32;
/** Revisions that compaction leaves: enough for a watch to be resumed. */
const KEPT_REVISIONS = 200;

export interface Found {
  readonly revision: number;
  readonly compactRevision: number;
  /** By writer, what its two keys hold; a revision of 0 for no key. */
  readonly counters: readonly (readonly [Counter, Counter])[];
  /** Where the watch began. */
  readonly from: number;
  readonly events: readonly (Counter & { readonly writer: number })[];
}

export interface Counter {
  readonly count: number;
  readonly revision: number;
}

/** The two keys of a writer, which always hold the same count. */
function counterKeys(writer: number): readonly [string, string] {
  return [`/crash/a/${writer}`, `/crash/b/${writer}`];
}

async function main(path: string, from: number): Promise<void> {
  tell("open");
  const store = await openSqliteStore({ path, clock: new VirtualClock(), logger: silentLogger, logPages: LOG_PAGES });
  const found = await look(store, from);
  tell(`found ${JSON.stringify(found)}`);
  void follow(store, found.revision + 1);
  await Promise.all(found.counters.map(([counter], writer) => count(store, writer, counter)));
}

async function look(store: MvccStore, from: number): Promise<Found> {
  const { revision, compactRevision } = await store.status();
  const read = async (start: string) => counterOf((await store.range({ start })).kvs[0]);
  const counters = Array.from({ length: WRITERS }, async (_, writer) => {
    const [a, b] = counterKeys(writer);
    return [await read(a), await read(b)] as const;
  });
  const begin = Math.max(from, compactRevision + 1);
  return { revision, compactRevision, counters: await Promise.all(counters), from: begin, events: await events(store, begin, revision) };
}

async function events(store: MvccStore, from: number, to: number): Promise<Found["events"]> {
  if (from > to) return [];
  const watch = watching(store, { start: "/crash/a/", end: prefixEnd("/crash/a/"), fromRevision: from });
  await watch.progress(to);
  await watch.stop();
  return watch.seen.map(({ kv }) => ({ writer: writerOf(kv), ...counterOf(kv) }));
}

async function follow(store: MvccStore, fromRevision: number): Promise<void> {
  for await (const batch of store.watch({ start: "/crash/a/", end: prefixEnd("/crash/a/"), fromRevision }, new AbortController().signal)) {
    for (const { kv } of batch.events) tell(`watched ${writerOf(kv)} ${counterOf(kv).count} ${kv.modRevision}`);
  }
}

async function count(store: MvccStore, writer: number, last: Counter): Promise<never> {
  const keys = counterKeys(writer);
  const filler = "x".repeat(3000 * (writer % 4));
  let modRevision = last.revision;
  for (let next = last.count + 1; ; next++) {
    const value = Buffer.from(`${next} ${filler}`);
    const success = keys.map((key) => ({ type: "put", key, value }) as const);
    const answer = await store.txn({ compare: [{ key: keys[0], modRevision }], success, failure: [] });
    if (!answer.succeeded) throw new Error(`writer ${writer} was overtaken`);
    modRevision = answer.revision;
    tell(`acknowledged ${writer} ${next} ${modRevision}`);
    if (writer === 0 && next % 4 === 0 && modRevision > KEPT_REVISIONS) await compact(store, modRevision - KEPT_REVISIONS);
  }
}

async function compact(store: MvccStore, revision: number): Promise<void> {
  tell("compacting");
  await store.compact(revision);
  tell("compacted");
}

function writerOf(kv: KeyValue): number {
  return Number(kv.key.slice("/crash/a/".length));
}

function counterOf(kv: KeyValue | undefined): Counter {
  return kv === undefined ? { count: 0, revision: 0 } : { count: Number.parseInt(Buffer.from(kv.value).toString(), 10), revision: kv.modRevision };
}

/** At once, however full the pipe is: what a line speaks of must not happen long before it. */
function tell(line: string): void {
  for (let rest = Buffer.from(`${line}\n`); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2] as string, Number(process.argv[3]));
