/**
 * Durability: writers under load are killed with SIGKILL at random instants, and each next one opens what the last has
 * left, 200 times or as often as CORACLE_KILL_ROUNDS says, over four files side by side. Kills fall into opening,
 * commits, compaction and the moving of the log into the main file. Invariants: every acknowledged write is there; no
 * transaction is half there; revisions only grow; a watch resumed where the last one was broken off misses nothing.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../contract.ts";
import { FIRST_REVISION } from "../mvcc/history.ts";
import { type Found, WRITERS } from "./crash-writer.ts";
import { inFolder } from "./fake-surroundings.ts";

const ROUNDS = Number(process.env["CORACLE_KILL_ROUNDS"] ?? 200);
const LANES = 4;
/** Of all kills, those that come while the store is being opened. */
const EARLY = 0.1;
const PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./crash-writer.ts" : "./crash-writer.js", import.meta.url));

/** What one file is known to hold. */
interface Known {
  readonly counts: number[];
  revision: number;
  compactRevision: number;
  /** Every revision up to here was seen by a watch. */
  watched: number;
  checks: number;
  compactionsCutShort: number;
}

test(`what was acknowledged survives SIGKILL (${ROUNDS} rounds)`, () =>
  inFolder(async (path) => {
    const seed = Date.now() >>> 0;
    const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => runLane(`${path}.${lane}`, seed + lane)));
    const sum = (pick: (known: Known) => number) => lanes.reduce((total, known) => total + pick(known), 0);
    assert.ok(sum((known) => known.checks) > 0.7 * ROUNDS, `only ${sum((known) => known.checks)} openings were looked at`);
    assert.ok(sum((known) => known.revision) > 10 * ROUNDS, `only ${sum((known) => known.revision)} revisions were written`);
    if (ROUNDS >= 200) assert.ok(sum((known) => known.compactionsCutShort) > 0, "no kill came during a compaction");
  }));

async function runLane(path: string, seed: number): Promise<Known> {
  const random = seededRandom(seed);
  const known: Known = {
    counts: new Array(WRITERS).fill(0),
    revision: FIRST_REVISION,
    compactRevision: 0,
    watched: FIRST_REVISION,
    checks: 0,
    compactionsCutShort: 0,
  };
  for (let round = 0; round < Math.ceil(ROUNDS / LANES); round++) {
    const after = random() < EARLY ? "open" : "found";
    const output = await writeAndKill(path, known.watched + 1, after, random() * 60);
    try {
      for (const line of output.split("\n").slice(0, -1)) learn(known, line);
      if (output.lastIndexOf("compacting\n") > output.lastIndexOf("compacted\n")) known.compactionsCutShort++;
    } catch (error) {
      throw new Error(`round ${round} of seed ${seed}`, { cause: error });
    }
  }
  return known;
}

/** Runs the writer until `ms` after the first line that begins with `after`; what it said. */
async function writeAndKill(path: string, from: number, after: string, ms: number): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, path, String(from)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    if (timer === undefined && output.includes(after)) timer = setTimeout(() => child.kill("SIGKILL"), ms);
  });
  const [, signal] = await once(child, "close");
  clearTimeout(timer);
  if (signal !== "SIGKILL") throw new Error(`the writer ended by itself after ${JSON.stringify(output.slice(-200))}`);
  return output;
}

function learn(known: Known, line: string): void {
  if (line.startsWith("found ")) check(known, JSON.parse(line.slice("found ".length)) as Found);
  const [what, writer = 0, count = 0, revision = 0] = line.split(" ").map((word, index) => (index === 0 ? word : Number(word))) as [string, ...number[]];
  if (what === "watched") {
    assert.equal(revision, known.watched + 1, "a watch brings every revision once");
    known.watched = revision;
  }
  if (what !== "acknowledged" && what !== "watched") return;
  known.counts[writer] = Math.max(known.counts[writer] as number, count);
  known.revision = Math.max(known.revision, revision);
}

function check(known: Known, found: Found): void {
  assert.ok(found.revision >= known.revision, `revision ${found.revision} after ${known.revision} was acknowledged`);
  assert.ok(found.compactRevision >= known.compactRevision, "compaction went back");
  for (const [writer, [a, b]] of found.counters.entries()) {
    assert.deepEqual(a, b, `writer ${writer}: half a transaction`);
    const count = known.counts[writer] as number;
    assert.ok(a.count === count || a.count === count + 1, `writer ${writer}: ${a.count} is there, ${count} was acknowledged`);
  }
  checkEvents(known, found);
  // What was under way may have been written: from here on it counts.
  for (const [writer, [{ count }]] of found.counters.entries()) known.counts[writer] = count;
  Object.assign(known, { revision: found.revision, compactRevision: found.compactRevision, watched: found.revision, checks: known.checks + 1 });
}

function checkEvents(known: Known, found: Found): void {
  assert.equal(found.from, Math.max(known.watched, found.compactRevision) + 1);
  assert.deepEqual(
    found.events.map((event) => event.revision),
    Array.from({ length: Math.max(0, found.revision + 1 - found.from) }, (_, index) => found.from + index),
    "every revision wrote one of these keys",
  );
  for (const { writer, count, revision } of found.events) {
    const next = found.events.find((event) => event.writer === writer && event.revision > revision);
    assert.equal(next?.count ?? found.counters[writer]?.[0].count, next === undefined ? count : count + 1);
  }
}
