import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { StoreUnavailableError } from "../store.ts";
import { Line } from "./line.ts";

const { signal } = new AbortController();

/** Requests that are answered by hand. */
function scene(width: number) {
  const clock = new VirtualClock();
  const line = new Line({ width, patienceMs: 1000, isAnswer: () => false, clock });
  const sent: { name: string; answer(): void; fail(): void }[] = [];
  const outcomes: string[] = [];
  const ask = (name: string, over = signal) =>
    line
      .through(
        () =>
          new Promise<string>((resolve, reject) => {
            sent.push({ name, answer: () => resolve(name), fail: () => reject(new Error(`${name} failed`)) });
          }),
        over,
      )
      .then(
        (answer) => void outcomes.push(answer),
        (error: unknown) => void outcomes.push(error instanceof StoreUnavailableError ? `${name}: ${error.message}` : String(error)),
      );
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { clock, sent, outcomes, ask, settled, names: () => sent.map(({ name }) => name) };
}

test("so many at a time, the others in their order as those before are done, well or not", async () => {
  const { sent, ask, settled, names, outcomes } = scene(2);
  for (const name of ["a", "b", "c", "d", "e"]) void ask(name);
  await settled();
  assert.deepEqual(names(), ["a", "b"]);
  sent[1]?.fail();
  await settled();
  assert.deepEqual(names(), ["a", "b", "c"]);
  sent[0]?.answer();
  sent[2]?.answer();
  await settled();
  assert.deepEqual(names(), ["a", "b", "c", "d", "e"]);
  for (const request of sent.slice(3)) request.answer();
  await settled();
  assert.deepEqual(outcomes, ["Error: b failed", "a", "c", "d", "e"]);
  void ask("f");
  void ask("g");
  void ask("h");
  await settled();
  assert.deepEqual(names().slice(5), ["f", "g"], "places are neither lost nor gained");
});

test("who waits may leave, and takes nobody's place", async () => {
  const { sent, ask, settled, names, outcomes } = scene(1);
  const leaving = new AbortController();
  void ask("a");
  void ask("b", leaving.signal);
  void ask("c");
  await settled();
  leaving.abort(new Error("b has gone"));
  sent[0]?.answer();
  await settled();
  assert.deepEqual(
    [names(), outcomes],
    [
      ["a", "c"],
      ["Error: b has gone", "a"],
    ],
  );
});

test("while answers come nobody is told to give up; once none has for a while, all that wait are", async () => {
  const { clock, sent, ask, settled, outcomes } = scene(1);
  for (const name of ["a", "b", "c", "d"]) void ask(name);
  for (const index of [0, 1]) {
    await settled();
    await clock.advance(900);
    sent[index]?.answer();
  }
  await settled();
  assert.deepEqual(outcomes, ["a", "b"]);
  await clock.advance(999);
  assert.equal(outcomes.length, 2);
  await clock.advance(1);
  await settled();
  assert.deepEqual(outcomes.slice(2), ["d: cannot reach etcd: 1 requests are under way and none has been answered for 1000 ms"]);
  sent[2]?.answer();
  await settled();
  assert.equal(outcomes.at(-1), "c", "the one that was sent is judged by its own time");
  assert.equal(clock.pending, 0, "no timer is left");
});
