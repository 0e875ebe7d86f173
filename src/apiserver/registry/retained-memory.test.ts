/** What one stored pod costs when nobody looks at it. Takes 1 s. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

/** Measured: 1.2 KB, and 1.7 after changes. An object that stays parsed takes 8 KB more, bytes that are kept whole 4 KB more. */
const limitBytes = 2200;

interface Retained {
  readonly first: number;
  readonly afterChanges: number;
}

test("a stored pod of two containers retains little more than what no other pod has", async () => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const child = fork(new URL(`../../testing/api-server/retained-memory.${extension}`, import.meta.url), { execArgv: ["--expose-gc"] });
  const exited = once(child, "exit").then(([code]) => assert.equal(code, 0, "the measuring process failed"));
  const [retained] = (await Promise.race([once(child, "message"), exited.then(() => assert.fail("it ended without a word"))])) as [Retained];
  await exited;
  if (process.env["MEMORY_FIGURES"] !== undefined) console.log(retained);
  assert.ok(retained.first < limitBytes, `${retained.first.toFixed(0)} bytes a pod`);
  assert.ok(retained.afterChanges < limitBytes, `${retained.afterChanges.toFixed(0)} bytes a pod after all have been written again and read`);
});
