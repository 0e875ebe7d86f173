/**
 * Durability: a writer under load is killed with SIGKILL at random instants and its file opened again, a dozen times or
 * as often as CORACLE_KILL_ROUNDS says. Invariants: every acknowledged write is there; no transaction is half there;
 * revisions only grow; a watch from any kept revision sees every count once and in order.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../contract.ts";
import { watching } from "../contract-tools.ts";
import { FIRST_REVISION } from "../mvcc/history.ts";
import type { Store } from "../store.ts";
import { prefixEnd } from "../store.ts";
import { counterKeys, WRITERS } from "./crash-writer.ts";
import { inFolder, withStore } from "./fake-surroundings.ts";

const ROUNDS = Number(process.env["CORACLE_KILL_ROUNDS"] ?? 12);
const PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./crash-writer.ts" : "./crash-writer.js", import.meta.url));

interface Acknowledged {
  readonly counts: number[];
  revision: number;
}

test(`what was acknowledged survives SIGKILL (${ROUNDS} rounds)`, () =>
  inFolder(async (path) => {
    const seed = Date.now() >>> 0;
    const random = seededRandom(seed);
    const acknowledged: Acknowledged = { counts: new Array(WRITERS).fill(0), revision: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      await writeAndKill(path, random() * 250, acknowledged);
      await withStore(path, (store) => checkCounters(store, acknowledged)).catch((error: unknown) => {
        throw new Error(`round ${round} of seed ${seed}`, { cause: error });
      });
    }
    assert.ok(acknowledged.revision > ROUNDS * 10, `only ${acknowledged.revision} revisions were written`);
  }));

/** Runs the writer until `ms` after its first acknowledgement. */
function writeAndKill(path: string, ms: number, acknowledged: Acknowledged): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, path], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    let timer: NodeJS.Timeout | undefined;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      timer ??= setTimeout(() => child.kill("SIGKILL"), ms);
    });
    child.once("error", reject);
    child.once("close", (_code, signal) => {
      clearTimeout(timer);
      if (signal !== "SIGKILL") return reject(new Error(`the writer ended by itself after ${JSON.stringify(output.slice(-200))}`));
      try {
        for (const line of output.split("\n").slice(0, -1)) record(line, acknowledged);
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
}

function record(line: string, acknowledged: Acknowledged): void {
  const [writer = 0, count = 0, revision = 0] = line.split(" ").map(Number);
  assert.ok(count > (acknowledged.counts[writer] as number), `writer ${writer} counted ${count} after ${acknowledged.counts[writer]}`);
  acknowledged.counts[writer] = count;
  acknowledged.revision = Math.max(acknowledged.revision, revision);
}

async function checkCounters(store: Store, acknowledged: Acknowledged): Promise<void> {
  const { revision, compactRevision } = await store.status();
  assert.ok(revision >= acknowledged.revision, `revision ${revision} after ${acknowledged.revision} was acknowledged`);
  for (let writer = 0; writer < WRITERS; writer++) {
    const [a, b] = await Promise.all(counterKeys(writer).map(async (start) => (await store.range({ start })).kvs[0]));
    const count = countOf(a?.value);
    assert.equal(countOf(b?.value), count, `writer ${writer}: half a transaction`);
    assert.equal(a?.modRevision, b?.modRevision);
    const known = acknowledged.counts[writer] as number;
    assert.ok(count === known || count === known + 1, `writer ${writer}: ${count} is there, ${known} was acknowledged`);
    // The one that was under way may have been written: from here on it counts.
    acknowledged.counts[writer] = count;
  }
  acknowledged.revision = revision;
  // Revision 1 is the empty store's.
  await checkWatch(store, Math.max(FIRST_REVISION, compactRevision) + 1, revision, acknowledged);
}

async function checkWatch(store: Store, from: number, to: number, acknowledged: Acknowledged): Promise<void> {
  const watch = watching(store, { start: "/crash/a/", end: prefixEnd("/crash/a/"), fromRevision: from });
  await watch.progress(to);
  await watch.stop();
  assert.deepEqual(
    watch.seen.map((event) => event.kv.modRevision),
    Array.from({ length: to - from + 1 }, (_, index) => from + index),
    "every revision wrote one of these keys",
  );
  for (const event of watch.seen) {
    if (event.previous !== undefined) assert.equal(countOf(event.kv.value), countOf(event.previous.value) + 1);
  }
  for (let writer = 0; writer < WRITERS; writer++) {
    const last = watch.seen.findLast((event) => event.kv.key === counterKeys(writer)[0]);
    if (last !== undefined) assert.equal(countOf(last.kv.value), acknowledged.counts[writer]);
  }
}

function countOf(value: Uint8Array | undefined): number {
  return value === undefined ? 0 : Number.parseInt(Buffer.from(value).toString(), 10);
}
