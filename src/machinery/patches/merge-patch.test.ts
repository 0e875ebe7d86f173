import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../status.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { deepFreeze, randomJson, seeded } from "./testing.ts";

/** Appendix A of RFC 7386, wrapped in an object, for the API server patches nothing else. */
const cases: [unknown, unknown, unknown][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{}, { a: [0, null, { b: null, c: [{ d: null }] }] }, { a: [0, null, { c: [{}] }] }],
  [{ a: [1] }, { a: [{ b: null }] }, { a: [{}] }],
  [{ a: { x: 1 } }, { a: [{ b: null }] }, { a: [{ b: null }] }],
  [{ minAvailable: 1 }, { minAvailable: null, maxUnavailable: "50%" }, { maxUnavailable: "50%" }],
];

for (const [document, patch, expected] of cases) {
  test(`merge patch ${JSON.stringify(patch)} of ${JSON.stringify(document)}`, () => {
    assert.deepEqual(applyMergePatch(deepFreeze(document) as object, deepFreeze(patch)), expected);
  });
}

test("a patch that is no object is a bad request", () => {
  for (const patch of [[], "x", null, 1]) {
    assert.throws(
      () => applyMergePatch({}, patch),
      (error) => error instanceof StatusError && error.code === 400,
    );
  }
});

/** The RFC's own pseudo code, by mutation; lists as upstream's library has them: without nulls unless they replace an object. */
function naive(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null) return patch;
  if (Array.isArray(patch)) return typeof target === "object" && target !== null && !Array.isArray(target) ? patch : patch.map((item) => naive(null, item));
  const result = (typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {}) as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = naive(result[key], value);
  }
  return result;
}

test("property: equals the RFC's pseudo code but for lists, and never changes its inputs", () => {
  const random = seeded(7386);
  for (let round = 0; round < 1000; round++) {
    const document = deepFreeze({ a: randomJson(random, 4) });
    const patch = deepFreeze({ a: randomJson(random, 4) });
    assert.deepEqual(applyMergePatch(document, patch), naive(document, patch));
  }
});
