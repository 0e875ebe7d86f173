import assert from "node:assert/strict";
import { test } from "node:test";
import { lastWords, whyEnded } from "./last-words.ts";

test("a process that failed is quoted without its stack; of one that was killed, the last lines are shown", () => {
  const stack = "Error: cannot open store\n    at open (file.ts:1:1)\n    at main (file.ts:2:2)";
  assert.equal(
    whyEnded(`{"msg":"starting"}\n${stack}\n${lastWords(new Error("cannot open store: it is damaged.\nRestore it."))}\n`),
    "cannot open store: it is damaged. Restore it.",
  );
  assert.equal(whyEnded("1\n2\n3\n4\n5\n6\n"), "2\n3\n4\n5\n6");
});
