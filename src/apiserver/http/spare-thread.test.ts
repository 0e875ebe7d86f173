import assert from "node:assert/strict";
import { test } from "node:test";
import { onSpareThread } from "./spare-thread.ts";

test("two compress at a time, in the order of asking, and a failure makes room as well", async () => {
  const running: string[] = [];
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const start = (name: string) =>
    onSpareThread(() => {
      begun.push(name);
      running.push(name);
      return new Promise<string>((resolve, reject) => ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error))));
    }).finally(() => running.splice(running.indexOf(name), 1));
  const all = ["a", "b", "c", "d", "e"].map(start);
  await turn();
  assert.deepEqual(running, ["a", "b"]);
  ends.get("b")?.(new Error("no memory"));
  await assert.rejects(all[1] as Promise<string>, /no memory/);
  await turn();
  assert.deepEqual(running, ["a", "c"]);
  for (const name of ["a", "c", "d", "e"]) {
    ends.get(name)?.();
    await turn();
  }
  assert.deepEqual([begun, running, await Promise.all(all.toSpliced(1, 1))], [["a", "b", "c", "d", "e"], [], ["a", "c", "d", "e"]]);
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
