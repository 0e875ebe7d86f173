import assert from "node:assert/strict";
import { test } from "node:test";
import { logTail } from "./termination-message.ts";

const line = (tag: string, text: string) => `2026-01-01T00:00:00.000000000Z stdout ${tag} ${text}\n`;

test("the tail of a log is the text of its last lines, partial ones joined", () => {
  assert.equal(logTail(line("F", "one") + line("P", "two-") + line("F", "three") + line("P", "DONE")), "one\ntwo-three\nDONE");
  assert.equal(logTail(""), "");
});

test("at most 80 lines and 2048 bytes", () => {
  assert.equal(logTail(Array.from({ length: 100 }, (_, index) => line("F", String(index))).join("")).split("\n")[0], "20");
  assert.equal(logTail(line("F", "x".repeat(5000))).length, 2048);
});
