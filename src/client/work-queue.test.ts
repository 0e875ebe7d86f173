import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../testing/silent-logger.ts";
import { settle, VirtualClock } from "../testing/virtual-clock.ts";
import { InvariantError } from "./errors.ts";
import { runWorkers } from "./run-workers.ts";
import { WorkQueue } from "./work-queue.ts";

test("a key added twice is taken once; added while held it comes back when done", async () => {
  const queue = new WorkQueue({ clock: new VirtualClock() });
  queue.add("a");
  queue.add("a");
  assert.equal(await queue.get(), "a");
  queue.add("a");
  queue.add("a");
  assert.equal(queue.length, 0);
  queue.done("a");
  assert.equal(await queue.get(), "a");
  queue.done("a");
  assert.ok(queue.idle);
});

test("keys leave in the order they came, and a waiting worker gets the next at once", async () => {
  const queue = new WorkQueue({ clock: new VirtualClock() });
  const first = queue.get();
  for (const key of ["a", "b", "c"]) queue.add(key);
  assert.deepEqual([await first, await queue.get(), await queue.get()], ["a", "b", "c"]);
});

test("of several delays of a key the shortest counts", async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter("a", 1000);
  queue.addAfter("a", 500);
  queue.addAfter("a", 2000);
  await clock.advance(499);
  assert.equal(queue.length, 0);
  await clock.advance(1);
  assert.equal(queue.length, 1);
  assert.equal(clock.pending, 0);
});

test("back-off doubles from 5 ms to 1000 s and starts anew when forgotten", async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock });
  const delay = async () => {
    const start = clock.now();
    queue.addRateLimited("a");
    while (queue.length === 0) await clock.advance(queue.retries("a") > 12 ? 1000 : 1);
    queue.done((await queue.get())!);
    return clock.now() - start;
  };
  assert.deepEqual([await delay(), await delay(), await delay()], [5, 10, 20]);
  for (let i = 0; i < 20; i++) queue.addRateLimited("b");
  queue.forget("a");
  assert.equal(await delay(), 5);
  queue.shutDown();
  assert.equal(clock.pending, 0);
});

test("workers retry what fails, never hold one key twice, and end with the signal", async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock });
  const abort = new AbortController();
  const log: string[] = [];
  let failures = 2;
  const running = runWorkers({
    queue,
    concurrency: 3,
    logger: silentLogger,
    signal: abort.signal,
    reconcile: async (key) => {
      log.push(key);
      if (key === "bad" && failures-- > 0) throw new Error("not yet");
      return key === "again" && log.filter((item) => item === "again").length < 2 ? { afterMs: 50 } : undefined;
    },
  });
  for (const key of ["bad", "good", "again"]) queue.add(key);
  await clock.advance(100);
  assert.deepEqual(log, ["bad", "good", "again", "bad", "bad", "again"]);
  assert.equal(queue.retries("bad"), 0);
  abort.abort();
  await running;
  assert.equal(clock.pending, 0);
});

test("a broken invariant ends the workers instead of being retried", async () => {
  const queue = new WorkQueue({ clock: new VirtualClock() });
  const running = runWorkers({
    queue,
    logger: silentLogger,
    signal: new AbortController().signal,
    reconcile: async () => {
      throw new InvariantError("two owners");
    },
  });
  queue.add("a");
  await assert.rejects(running, /two owners/);
  await settle();
});
