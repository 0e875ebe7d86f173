/**
 * Random histories on the embedded store, saved at random moments while writes, deletions, leases and compaction go on.
 * Invariants: a snapshot is exactly the model's state at its revision; a store restored from it is too, keeps every
 * revision of its keys, and gives out none below what it was told to begin at.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, put, range, seededRandom, watching } from "../contract-tools.ts";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import { inFolder, withStore } from "../sqlite/fake-surroundings.ts";
import { verifySqliteStore } from "../sqlite/verify.ts";
import { CompactedError, type Operation, prefixEnd } from "../store.ts";
import { fillSqlite } from "./fill-sqlite.ts";
import { openSqliteSource } from "./sqlite-source.ts";
import { row, rowsOf, save, signal } from "./test-tools.ts";
import type { VerifiedSnapshot } from "./verify.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];
const NAMES = Array.from({ length: 40 }, (_, index) => `/registry/things/${index % 5 === 0 ? "\u{1f6f6}" : ""}${index}`);
const BUMP = 1_000_000_000;

type State = ReadonlyMap<string, readonly [value: string, created: number, modified: number, lease: number]>;

/** Writes until told to stop, several transactions at a time; the whole state at every revision. */
async function churn(store: MvccStore, random: () => number, states: Map<number, State>, over: AbortSignal): Promise<void> {
  const lease = (await store.grantLease(3600)).id;
  let state: State = new Map();
  states.set((await store.status()).revision, state);
  for (let turn = 0; !over.aborted; turn++) {
    const writes = Array.from({ length: 1 + Math.floor(random() * 8) }, () => {
      const operations = randomOperations(random, lease);
      const answer = store.txn({ compare: [], success: operations, failure: [] });
      return { operations, answer };
    });
    for (const { operations, answer } of writes) {
      const { revision } = await answer;
      state = applied(state, operations, revision);
      states.set(revision, state);
    }
    if (turn % 20 === 19) await store.compact([...states.keys()].at(-3) ?? 0);
  }
}

function randomOperations(random: () => number, lease: number): Operation[] {
  const names = new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => NAMES[Math.floor(random() * NAMES.length)] as string));
  return [...names].map((key) => {
    if (random() < 0.2) return { type: "delete", start: key };
    const value = bytes(String(random()).repeat(1 + Math.floor(random() * 100)));
    return { type: "put", key, value, lease: random() < 0.2 ? lease : 0 };
  });
}

function applied(before: State, operations: readonly Operation[], revision: number): State {
  const state = new Map(before);
  for (const operation of operations) {
    if (operation.type === "delete") state.delete(operation.start);
    if (operation.type !== "put") continue;
    const { key, value, lease = 0 } = operation;
    state.set(key, [Buffer.from(value).toString(), state.get(key)?.[1] ?? revision, revision, lease]);
  }
  return state;
}

function rows(state: State): unknown[] {
  return [...state].map(([key, fields]) => [key, ...fields]).sort((a, b) => Buffer.compare(Buffer.from(String(a[0])), Buffer.from(String(b[0]))));
}

for (const seed of SEEDS) {
  test(`history ${seed}: saved under load and restored, it is what it was at that revision`, () =>
    inFolder(async (path) => {
      const random = seededRandom(seed);
      const states = new Map<number, State>();
      const saved: VerifiedSnapshot[] = [];
      await withStore(path, async (store) => {
        const over = new AbortController();
        const writing = churn(store, random, states, over.signal);
        for (let count = 0; count < 3; count++) {
          const before = states.size;
          while (states.size < before + 3) await new Promise((resolve) => setImmediate(resolve));
          for (let pause = Math.floor(random() * 30); pause >= 0; pause--) await new Promise((resolve) => setImmediate(resolve));
          await using source = await openSqliteSource(path);
          saved.push(await save(`${path}.snapshot-${count}`, source));
        }
        over.abort();
        await writing;
      });
      for (const [count, snapshot] of saved.entries()) await check(snapshot, states.get(snapshot.revision), `${path}.restored-${count}`);
    }));
}

async function check(snapshot: VerifiedSnapshot, state: State | undefined, path: string): Promise<void> {
  assert.ok(state, `the model has no revision ${snapshot.revision}`);
  assert.deepEqual(await rowsOf(snapshot.path), rows(state));
  const begin = snapshot.revision + BUMP;
  const filled = await fillSqlite(path, { snapshot: snapshot.path, revision: begin, signal });
  assert.deepEqual([filled.revision, filled.keys, filled.content], [begin, snapshot.keys, snapshot.content]);
  assert.deepEqual((await verifySqliteStore(path)).problems, []);
  await withStore(path, async (store) => {
    const all = await store.range({ start: "", end: prefixEnd("") });
    assert.deepEqual(all.kvs.map(row), rows(state));
    assert.deepEqual(store.leases(), snapshot.leases);
    await assert.rejects(range(store, "/registry/", snapshot.revision), CompactedError);
    assert.ok((await watching(store, { start: "/registry/", fromRevision: snapshot.revision + 1 }).failure()) instanceof CompactedError);
    assert.equal(await put(store, "/registry/things/new", "1"), begin + 1);
  });
}
