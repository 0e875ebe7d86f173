/** What one stored pod costs when nobody looks at it. Takes 1 s. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

/** Measured: 1.1 KB. An object that stays parsed takes 8 KB more, bytes that are kept whole 4 KB more. */
const limitBytes = 2200;

test("a stored pod of two containers retains little more than what no other pod has", async () => {
  const child = fork(new URL("../../testing/api-server/retained-memory.ts", import.meta.url), { execArgv: ["--expose-gc"] });
  const [retained] = (await once(child, "message")) as [{ readonly first: number; readonly afterChanges: number }];
  await once(child, "exit");
  if (process.env["MEMORY_FIGURES"] !== undefined) console.log(retained);
  assert.ok(retained.first < limitBytes, `${retained.first.toFixed(0)} bytes a pod`);
  assert.ok(retained.afterChanges < limitBytes, `${retained.afterChanges.toFixed(0)} bytes a pod after all have been written again and read`);
});
