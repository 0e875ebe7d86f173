import assert from "node:assert/strict";
import { test } from "node:test";
import { progressTo, StepError } from "./progress.ts";

test("piped progress prints one plain line a step, and failures carry the step's name", async () => {
  let text = "";
  let time = 0;
  const progress = progressTo({ write: (part: string) => (text += part) }, () => time);
  assert.equal(
    await progress.step("Starting", async () => {
      time += 1234;
      return 7;
    }),
    7,
  );
  await assert.rejects(
    progress.step("Waiting", () => Promise.reject(new Error("no answer"))),
    (error: unknown) => error instanceof StepError && error.message === "Waiting: no answer",
  );
  assert.equal(text, "✓ Starting (1.23 s)\n✗ Waiting (0.00 s)\n");
});
