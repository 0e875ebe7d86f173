import assert from "node:assert/strict";
import { test } from "node:test";
import { deepFreeze, seeded } from "../patches/testing.ts";
import {
  difference,
  emptySet,
  type FieldPath,
  type FieldSet,
  fieldSet,
  hasPath,
  intersection,
  isEmptySet,
  leavesOf,
  matching,
  pathsOf,
  recursiveDifference,
  union,
} from "./field-set.ts";

test("the JSON form: leaves, members with members below, mere parents", () => {
  assert.deepEqual(fieldSet(["f:a"]), { "f:a": {} });
  assert.deepEqual(fieldSet(["f:a"], ["f:a", "f:b"]), { "f:a": { ".": {}, "f:b": {} } });
  assert.deepEqual(fieldSet(["f:b", "f:c"], ["f:a", 'k:{"name":"x"}']), { "f:a": { 'k:{"name":"x"}': {} }, "f:b": { "f:c": {} } });
});

test("parent and child are members of their own", () => {
  const parent = fieldSet(["f:a"]);
  const child = fieldSet(["f:a", "f:b"]);
  assert.deepEqual(difference(parent, child), parent);
  assert.deepEqual(difference(child, parent), child);
  assert.deepEqual(difference(union(parent, child), child), parent);
  assert.deepEqual(difference(union(parent, child), parent), child);
  assert.deepEqual(intersection(parent, child), emptySet);
  assert.deepEqual(recursiveDifference(child, parent), emptySet);
  assert.deepEqual(leavesOf(union(parent, child)), child);
  assert.equal(hasPath(child, ["f:a"]), false);
  assert.equal(hasPath(emptySet, []), false);
});

test("what does not change is the same object", () => {
  const set = deepFreeze(fieldSet(["f:a"], ["f:a", "f:b"], ["f:c", "f:d"]));
  assert.equal(difference(set, fieldSet(["f:x"], ["f:c"])), set);
  assert.equal(union(set, emptySet), set);
  assert.equal(union(emptySet, set), set);
});

/* ---- oracle: sets of paths as plain strings ---- */

type Naive = ReadonlySet<string>;
const textsOf = (set: FieldSet): string[] => pathsOf(set).map((path) => path.join("/"));
const isBelow = (path: string, parent: string) => path === parent || path.startsWith(`${parent}/`);

const oracles: Record<string, { actual: (a: FieldSet, b: FieldSet) => FieldSet; naive: (a: Naive, b: Naive) => Iterable<string> }> = {
  union: { actual: union, naive: (a, b) => a.union(b) },
  intersection: { actual: intersection, naive: (a, b) => a.intersection(b) },
  difference: { actual: difference, naive: (a, b) => a.difference(b) },
  recursiveDifference: { actual: recursiveDifference, naive: (a, b) => [...a].filter((path) => ![...b].some((other) => isBelow(path, other))) },
  leaves: { actual: (a) => leavesOf(a), naive: (a) => [...a].filter((path) => ![...a].some((other) => other !== path && isBelow(other, path))) },
};

function randomPaths(random: (bound: number) => number): FieldPath[] {
  const element = () => `f:${"abc"[random(3)]}`;
  return Array.from({ length: random(8) }, () => Array.from({ length: 1 + random(3) }, element));
}

for (const [name, { actual, naive }] of Object.entries(oracles)) {
  test(`property: ${name} equals the same on plain sets of paths, in normal form`, () => {
    const random = seeded(name.length);
    for (let round = 0; round < 1000; round++) {
      const a = deepFreeze(fieldSet(...randomPaths(random)));
      const b = deepFreeze(fieldSet(...randomPaths(random)));
      const result = actual(a, b);
      assert.deepEqual(textsOf(result).sort(), [...naive(new Set(textsOf(a)), new Set(textsOf(b)))].sort());
      assert.deepEqual(result, fieldSet(...pathsOf(result)), "normal form");
      assert.equal(isEmptySet(result), pathsOf(result).length === 0);
    }
  });
}

test("a pattern keeps what it leads to, and members on its way", () => {
  const set = {
    "f:metadata": { "f:labels": {} },
    "f:spec": { "f:containers": { 'k:{"name":"a"}': { ".": {}, "f:name": {}, "f:resources": { "f:limits": {} } }, 'k:{"name":"b"}': { "f:image": {} } } },
  };
  const pattern = { "f:spec": { "f:containers": { "*": { "f:resources": {} } } } };
  assert.deepEqual(matching(set, pattern), { "f:spec": { "f:containers": { 'k:{"name":"a"}': { ".": {}, "f:resources": { "f:limits": {} } } } } });
  assert.equal(matching(set, emptySet), set);
  assert.deepEqual(matching(set, { "f:status": {} }), emptySet);
});
