import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { machineLock } from "./machine-lock.ts";
import { systemClock } from "./system-clock.ts";

test("one holder at a time; the next goes on when it is released", async () => {
  const purpose = `test-${randomUUID()}`;
  const signal = AbortSignal.timeout(10_000);
  const order: string[] = [];
  const turn = async (name: string) => {
    using _lock = await machineLock(purpose, systemClock, signal);
    order.push(`${name} in`);
    await systemClock.sleep(5, signal);
    order.push(`${name} out`);
  };
  await Promise.all([turn("a"), turn("b"), turn("c")]);
  assert.deepEqual(
    order.map((entry) => entry.split(" ")[1]),
    ["in", "out", "in", "out", "in", "out"],
  );
});

test("who waits may leave", async () => {
  const purpose = `test-${randomUUID()}`;
  using _held = await machineLock(purpose, systemClock, AbortSignal.timeout(10_000));
  const leaving = new AbortController();
  const waiting = machineLock(purpose, systemClock, leaving.signal);
  leaving.abort(new Error("enough"));
  await assert.rejects(waiting);
});
