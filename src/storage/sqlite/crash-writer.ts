/**
 * The program that crash.test.ts kills: WRITERS loops, each counting up in two keys by one transaction. Every
 * acknowledged count is reported on standard output at once, as `writer count revision`.
 */
import { writeSync } from "node:fs";
import { silentLogger, VirtualClock } from "./fake-surroundings.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

export const WRITERS = 16;

/** The two keys of a writer, which always hold the same count. */
export function counterKeys(writer: number): readonly [string, string] {
  return [`/crash/a/${writer}`, `/crash/b/${writer}`];
}

async function main(path: string): Promise<void> {
  const store = await openSqliteStore({ path, clock: new VirtualClock(), logger: silentLogger });
  const count = async (writer: number) => {
    const keys = counterKeys(writer);
    const kv = (await store.range({ start: keys[0] })).kvs[0];
    let modRevision = kv?.modRevision ?? 0;
    // Enough for the log to be moved into the main file under load.
    const filler = "x".repeat(16_000 * (writer % 4));
    for (let next = Number.parseInt(Buffer.from(kv?.value ?? []).toString() || "0", 10) + 1; ; next++) {
      const value = Buffer.from(`${next} ${filler}`);
      const success = keys.map((key) => ({ type: "put", key, value }) as const);
      const answer = await store.txn({ compare: [{ key: keys[0], modRevision }], success, failure: [] });
      if (!answer.succeeded) throw new Error(`writer ${writer} was overtaken`);
      modRevision = answer.revision;
      writeSync(1, `${writer} ${next} ${modRevision}\n`);
      // History that stays long enough for the test's watch, and is still compacted under load.
      if (writer === 0 && next % 40 === 0) await store.compact(modRevision - 300 > 0 ? modRevision - 300 : 1);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => count(writer)));
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2] as string);
