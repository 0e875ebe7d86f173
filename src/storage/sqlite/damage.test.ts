/**
 * Damage of any kind anywhere in a store's files, as a property: bytes flipped, sectors wiped, files cut short, in every
 * structure of the main file and of both logs. The store is opened and read whole. Either it refuses, naming the ways back,
 * or all that was acknowledged is there. The one exception cannot be told from a crash: where power was lost, and with it
 * the newest mark, the end of the log behind an older mark may be cut off or damaged; what is found is an earlier state,
 * whole, and not earlier than the mark.
 */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { seededRandom } from "../contract.ts";
import { range, text, watching } from "../contract-tools.ts";
import { type KeyValue, prefixEnd, type Store, StoreCorruptError, type StoreEvent, StoreUnavailableError } from "../store.ts";
import { inFolder, marked, withStore } from "./fake-surroundings.ts";
import { PAGE_BYTES, walPath } from "./layout.ts";
import { markPath } from "./mark.ts";
import { REDO_PAGE_BYTES } from "./redo-record.ts";
import { redoPath } from "./redo-tail.ts";
import { salvageSqliteStore } from "./salvage.ts";
import { MAX_UNSYNCED_COMMITS } from "./wal.ts";

const CASES = 18;
const SEED = Number(process.env["CORACLE_DAMAGE_SEED"] ?? Date.now() >>> 0);
const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + PAGE_BYTES;

const STRUCTURE = {
  main: { header: 0, unit: PAGE_BYTES },
  log: { header: WAL_HEADER_BYTES, unit: FRAME_BYTES },
  redo: { header: 0, unit: REDO_PAGE_BYTES },
} as const;

type Contents = ReadonlyMap<string, string>;

type File = "main" | "log" | "redo";
const PARTS: readonly (readonly [File, (path: string) => string])[] = [
  ["main", (path) => path],
  ["log", walPath],
  ["redo", redoPath],
];

interface Sample {
  readonly main: Buffer;
  /** SQLite's. Both logs are undefined for a store that was closed. */
  readonly log: Buffer | undefined;
  readonly redo: Buffer | undefined;
  readonly mark: Buffer;
  /** The revision in it. */
  readonly marked: number;
  /** What the store held at each revision, in order. */
  readonly states: readonly Contents[];
}

interface Damage {
  readonly what: string;
  readonly file: File;
  readonly bytes: Buffer;
  /** Where it begins; what stands before it is whole. */
  readonly at: number;
  readonly cut: boolean;
  /** How many transactions of the log it can hit: a sector may span the end of one and all of the next. */
  readonly transactions: 1 | 2;
}

const ends = ["closed", "killed", "without power"] as const;
type End = (typeof ends)[number];

for (const end of ends) {
  test(`damage to a store that was ${end} is refused or harmless (seed ${SEED})`, () =>
    inFolder(async (path) => {
      const random = seededRandom(SEED + ends.indexOf(end));
      const sample = await makeSample(path, end);
      const outcomes = new Set<string>();
      for (let round = 0; round < CASES; round++) {
        const damage = randomDamage(random, sample);
        const outcome = await outcomeOf(path, sample, damage).catch((error: unknown) => {
          throw new Error(`round ${round} of seed ${SEED}: ${damage.what}`, { cause: error });
        });
        outcomes.add(outcome);
      }
      assert.ok(outcomes.has("refused"), [...outcomes].join());
    }));
}

/** Rows of all sizes, some on several pages, replaced and deleted ones, free pages, leases. */
async function makeSample(path: string, end: End): Promise<Sample> {
  const live = `${path}.live`;
  const sample = await withStore(live, async (store) => {
    const watch = watching(store, { start: "/", end: prefixEnd("/"), fromRevision: 2 });
    await Promise.all(Array.from({ length: 60 }, (_, index) => write(store, index, index % 7 === 0 ? 20_000 : 700)));
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.txn({ compare: [], success: [{ type: "delete", start: keyOf(index) }], failure: [] })));
    await store.compact((await store.status()).revision);
    const lease = (await store.grantLease(3600)).id;
    await marked(live, store.revision, 1);
    const older = { mark: readFileSync(markPath(live)), marked: store.revision };
    for (let index = 0; index < 12; index++) {
      const revision = await write(store, 30 + index, 900, index === 5 ? lease : 0);
      // SQLite has followed up to here: its log ends in more than one transaction.
      if (index === 3 || index === 6) await store.compact(revision - index);
    }
    await watch.progress((await store.status()).revision);
    await watch.stop();
    await marked(live, store.revision, 1);
    const newest = { mark: readFileSync(markPath(live)), marked: store.revision };
    const kept = end === "without power" ? older : newest;
    return { main: readFileSync(live), log: readFileSync(walPath(live)), redo: readFileSync(redoPath(live)), ...kept, states: statesOf(watch.seen) };
  });
  return end === "closed" ? { ...sample, main: readFileSync(live), log: undefined, redo: undefined } : sample;
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

async function write(store: Store, index: number, length: number, lease = 0): Promise<number> {
  const value = Buffer.from(`${index} `.repeat(length).slice(0, length));
  return (await store.txn({ compare: [], success: [{ type: "put", key: keyOf(index), value, lease }], failure: [] })).revision;
}

async function contents(store: Store): Promise<Contents> {
  const { kvs } = await range(store, "/");
  return new Map(kvs.map((kv) => [kv.key, lineOf(kv)]));
}

function lineOf(kv: KeyValue): string {
  return `${kv.createRevision} ${kv.modRevision} ${kv.lease} ${text(kv)}`;
}

function randomDamage(random: () => number, sample: Sample): Damage {
  const file = (["main", "log", "redo"] as const)[sample.log === undefined ? 0 : Math.floor(random() * 3)] as File;
  const whole = sample[file] as Buffer;
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
function randomPlace(random: () => number, file: File, length: number): number {
  const anywhere = Math.floor(random() * length);
  if (random() < 0.5) return anywhere;
  if (random() < 0.2) return Math.floor(random() * Math.min(100, length));
  const { header, unit } = STRUCTURE[file];
  const begin = header + Math.floor(random() * Math.floor((length - header) / unit)) * unit;
  return Math.min(length - 1, begin + Math.floor(random() * 40));
}

async function outcomeOf(path: string, sample: Sample, damage: Damage): Promise<"refused" | "whole" | "earlier"> {
  for (const [file, part] of PARTS) {
    const bytes = damage.file === file ? damage.bytes : sample[file];
    if (bytes === undefined) rmSync(part(path), { force: true });
    else writeFileSync(part(path), bytes);
  }
  writeFileSync(markPath(path), sample.mark);
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
  // The first state is that of revision 1.
  assert.ok(state + 1 >= sample.marked, `revision ${state + 1} was found, ${sample.marked} is in the mark`);
  assert.ok(
    damage.file !== "main" && (damage.cut || state >= sample.states.length - damage.transactions - MAX_UNSYNCED_COMMITS),
    `state ${state} of ${sample.states.length - 1} without a word`,
  );
  return "earlier";
}

function same(one: Contents, other: Contents): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

for (const file of ["log", "redo"] as const) {
  test(`a ${file === "log" ? "write-ahead" : "redo"} log cut off anywhere after a SIGKILL is refused or harmless, and salvage keeps what is left of it`, () =>
    inFolder(async (path) => {
      const sample = await makeSample(path, "killed");
      const log = sample[file] as Buffer;
      const { header, unit } = STRUCTURE[file];
      const units = Math.floor((log.length - header) / unit);
      const boundary = (index: number) => header + (units - index) * unit;
      // Ends that nobody needs any more: compactions in SQLite's log, records that SQLite has in the other.
      const cuts = [boundary(0), boundary(1), boundary(2), boundary(1) + 30, log.length >> 1, unit, header + 31, 31, 1, 0];
      const outcomes: string[] = [];
      for (const at of cuts) {
        const damage = { what: `${file} cut short at ${at}`, file, bytes: log.subarray(0, at), at, cut: true, transactions: 1 } as const;
        outcomes.push(await outcomeOf(path, sample, damage));
      }
      assert.ok(!outcomes.includes("earlier"), outcomes.join());
      assert.deepEqual([outcomes[0], new Set(outcomes.slice(5))], ["whole", new Set(["refused"])], outcomes.join());
    }));
}

test("a mark that is missing, damaged, behind or another file's refuses nothing", () =>
  inFolder(async (path) => {
    const [power, killed] = [await makeSample(path, "without power"), await makeSample(`${path}.2`, "killed")];
    const noise = Buffer.from(power.mark);
    noise.writeUInt8(noise.readUInt8(20) ^ 1, 20);
    for (const mark of [power.mark, Buffer.alloc(0), noise, killed.mark, Buffer.alloc(noise.length)]) {
      const nothing = { what: "no damage", file: "log", bytes: power.log as Buffer, at: 0, cut: false, transactions: 1 } as const;
      assert.equal(await outcomeOf(path, { ...power, mark }, nothing), "whole");
    }
  }));

/** Salvage may find little, but nothing that was never written. */
async function checkSalvage(path: string, sample: Sample): Promise<void> {
  const copy = `${path}.copy`;
  for (const [, part] of PARTS) if (existsSync(part(path))) copyFileSync(part(path), part(copy));
  try {
    const salvage = await salvageSqliteStore(copy, `${path}.salvaged`).catch((error: unknown) => assert.ok(error instanceof Error && error.message !== ""));
    if (salvage === undefined) return;
    const written = new Set(sample.states.flatMap((state) => [...state].map(([key, value]) => `${key} ${value}`)));
    for (const [key, value] of await withStore(`${path}.salvaged`, contents)) {
      assert.ok(written.has(`${key} ${value}`), `salvage made up ${key}`);
    }
  } finally {
    for (const file of [copy, `${path}.salvaged`])
      for (const part of ["", ".redo", "-wal", "-shm", ".lock", ".mark"]) rmSync(`${file}${part}`, { force: true });
  }
}
