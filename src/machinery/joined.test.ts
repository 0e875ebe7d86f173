import assert from "node:assert/strict";
import { test } from "node:test";
import { append, joined, none } from "./joined.ts";

test("lists are joined in their order", () => {
  assert.deepEqual(joined([1, 2], none, [3], [], [4, 5]), [1, 2, 3, 4, 5]);
});

test("joining nothing gives nothing, and nothing is what everybody gets", () => {
  assert.equal(joined(none, [], none), none);
  assert.ok(Object.isFrozen(none));
});

test("neither joining nor appending changes what was joined or appended", () => {
  const [first, second] = [Object.freeze([1]), Object.freeze([2])];
  assert.equal(joined(none, first), first);
  assert.deepEqual(joined(first, second, first), [1, 2, 1]);
  const own = [0];
  append(own, joined(first, second));
  assert.deepEqual([own, first, second], [[0, 1, 2], [1], [2]]);
});

test("more is appended than a call takes arguments", () => {
  const list: number[] = [];
  append(
    list,
    Array.from({ length: 300_000 }, (_, index) => index),
  );
  assert.equal(list.at(-1), 299_999);
});
