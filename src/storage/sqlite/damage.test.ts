/**
 * Damage of any kind anywhere in a store's files, as a property: bytes flipped, sectors wiped, files cut short, in every
 * structure of the main file and of the log. The store is opened and read whole. Either it refuses, naming the ways back,
 * or all that was acknowledged is there. The one exception cannot be told from a crash, and only the end of the log has
 * it: a log cut off, or damaged in its last transactions and no further back, gives an earlier state, whole.
 */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { seededRandom } from "../contract.ts";
import { range, text, watching } from "../contract-tools.ts";
import { type KeyValue, prefixEnd, type Store, StoreCorruptError, type StoreEvent, StoreUnavailableError } from "../store.ts";
import { inFolder, withStore } from "./fake-surroundings.ts";
import { PAGE_BYTES, walPath } from "./layout.ts";
import { salvageSqliteStore } from "./salvage.ts";

const CASES = 30;
const SEED = Number(process.env["CORACLE_DAMAGE_SEED"] ?? Date.now() >>> 0);
const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + PAGE_BYTES;

type Contents = ReadonlyMap<string, string>;

interface Sample {
  readonly main: Buffer;
  /** Undefined for a store that was closed. */
  readonly log: Buffer | undefined;
  /** What the store held at each revision, in order. */
  readonly states: readonly Contents[];
}

interface Damage {
  readonly what: string;
  readonly file: "main" | "log";
  readonly bytes: Buffer;
  /** Where it begins; what stands before it is whole. */
  readonly at: number;
  readonly cut: boolean;
  /** How many transactions of the log it can hit: a sector may span the end of one and all of the next. */
  readonly transactions: 1 | 2;
}

for (const closed of [true, false]) {
  test(`damage to a store that was ${closed ? "closed" : "killed"} is refused or harmless (seed ${SEED})`, () =>
    inFolder(async (path) => {
      const random = seededRandom(SEED + (closed ? 1 : 0));
      const sample = await makeSample(path, closed);
      const outcomes = new Set<string>();
      for (let round = 0; round < CASES; round++) {
        const damage = randomDamage(random, sample);
        const outcome = await outcomeOf(path, sample, damage).catch((error: unknown) => {
          throw new Error(`round ${round} of seed ${SEED}: ${damage.what}`, { cause: error });
        });
        outcomes.add(outcome);
      }
      assert.ok(outcomes.has("refused") && outcomes.has("whole"), [...outcomes].join());
    }));
}

/** Rows of all sizes, some on several pages, replaced and deleted ones, free pages, leases. */
async function makeSample(path: string, closed: boolean): Promise<Sample> {
  const live = `${path}.live`;
  const sample = await withStore(live, async (store) => {
    const watch = watching(store, { start: "/", end: prefixEnd("/"), fromRevision: 2 });
    await Promise.all(Array.from({ length: 60 }, (_, index) => write(store, index, index % 7 === 0 ? 20_000 : 700)));
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.txn({ compare: [], success: [{ type: "delete", start: keyOf(index) }], failure: [] })));
    await store.compact((await store.status()).revision);
    const lease = (await store.grantLease(3600)).id;
    for (let index = 0; index < 12; index++) await write(store, 30 + index, 900, index === 5 ? lease : 0);
    await watch.progress((await store.status()).revision);
    await watch.stop();
    return { main: readFileSync(live), log: readFileSync(walPath(live)), states: statesOf(watch.seen) };
  });
  return closed ? { ...sample, main: readFileSync(live), log: undefined } : sample;
}

/** Every transaction here changes one key. */
function statesOf(events: readonly StoreEvent[]): Contents[] {
  const states: Contents[] = [new Map()];
  for (const { type, kv } of events) {
    const next = new Map(states.at(-1));
    if (type === "put") next.set(kv.key, lineOf(kv));
    else next.delete(kv.key);
    states.push(next);
  }
  return states;
}

function keyOf(index: number): string {
  return `/kept/${String(index).padStart(3, "0")}`;
}

async function write(store: Store, index: number, length: number, lease = 0): Promise<void> {
  const value = Buffer.from(`${index} `.repeat(length).slice(0, length));
  await store.txn({ compare: [], success: [{ type: "put", key: keyOf(index), value, lease }], failure: [] });
}

async function contents(store: Store): Promise<Contents> {
  const { kvs } = await range(store, "/");
  return new Map(kvs.map((kv) => [kv.key, lineOf(kv)]));
}

function lineOf(kv: KeyValue): string {
  return `${kv.createRevision} ${kv.modRevision} ${kv.lease} ${text(kv)}`;
}

function randomDamage(random: () => number, { main, log }: Sample): Damage {
  const file = log === undefined || random() < 0.5 ? "main" : "log";
  const whole = file === "log" && log !== undefined ? log : main;
  const at = randomPlace(random, file, whole.length);
  const dice = random();
  const bytes = Buffer.from(whole);
  if (dice < 0.25) return { what: `${file} cut short at ${at}`, file, bytes: bytes.subarray(0, at), at, cut: true, transactions: 1 };
  if (dice < 0.75) {
    const mask = 1 << Math.floor(random() * 8);
    bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
    return { what: `${file} with bit ${mask} flipped at ${at}`, file, bytes, at, cut: false, transactions: 1 };
  }
  const sector = at - (at % 512);
  bytes.fill(dice < 0.9 ? 0 : 0xa5, sector, sector + 512);
  return { what: `${file} with the sector at ${sector} wiped`, file, bytes, at: sector, cut: false, transactions: 2 };
}

/** Half of all hits go where the structure is: headers of files, pages and frames. */
function randomPlace(random: () => number, file: "main" | "log", length: number): number {
  const anywhere = Math.floor(random() * length);
  if (random() < 0.5) return anywhere;
  if (random() < 0.2) return Math.floor(random() * Math.min(100, length));
  const [header, unit] = file === "main" ? [0, PAGE_BYTES] : [WAL_HEADER_BYTES, FRAME_BYTES];
  const begin = header + Math.floor(random() * Math.floor((length - header) / unit)) * unit;
  return Math.min(length - 1, begin + Math.floor(random() * 40));
}

async function outcomeOf(path: string, sample: Sample, damage: Damage): Promise<"refused" | "whole" | "earlier"> {
  writeFileSync(path, damage.file === "main" ? damage.bytes : sample.main);
  if (sample.log === undefined) rmSync(walPath(path), { force: true });
  else writeFileSync(walPath(path), damage.file === "log" ? damage.bytes : sample.log);
  rmSync(`${path}-shm`, { force: true });
  const found = await withStore(path, contents).catch((error: unknown) => {
    assert.ok(error instanceof StoreCorruptError || error instanceof StoreUnavailableError, String(error));
    assert.match(error.message, /coracle snapshot restore FILE --force.*coracle store salvage.*coracle store verify/);
    return undefined;
  });
  if (found === undefined) {
    await checkSalvage(path, sample);
    return "refused";
  }
  const state = sample.states.findLastIndex((known) => same(known, found));
  assert.notEqual(state, -1, "the store opened with something that it never held");
  if (state === sample.states.length - 1) return "whole";
  assert.ok(
    damage.file === "log" && (damage.cut || state >= sample.states.length - 1 - damage.transactions),
    `state ${state} of ${sample.states.length - 1} without a word`,
  );
  return "earlier";
}

function same(one: Contents, other: Contents): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

/** Salvage may find little, but nothing that was never written. */
async function checkSalvage(path: string, sample: Sample): Promise<void> {
  const copy = `${path}.copy`;
  copyFileSync(path, copy);
  if (existsSync(walPath(path))) copyFileSync(walPath(path), walPath(copy));
  try {
    const salvage = await salvageSqliteStore(copy, `${path}.salvaged`).catch((error: unknown) => assert.ok(error instanceof Error && error.message !== ""));
    if (salvage === undefined) return;
    const written = new Set(sample.states.flatMap((state) => [...state].map(([key, value]) => `${key} ${value}`)));
    for (const [key, value] of await withStore(`${path}.salvaged`, contents)) {
      assert.ok(written.has(`${key} ${value}`), `salvage made up ${key}`);
    }
  } finally {
    for (const file of [copy, `${path}.salvaged`]) for (const part of ["", "-wal", "-shm", ".lock"]) rmSync(`${file}${part}`, { force: true });
  }
}
