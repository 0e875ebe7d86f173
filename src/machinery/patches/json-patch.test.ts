import assert from "node:assert/strict";
import { test } from "node:test";
import { copyJson } from "../json.ts";
import { StatusError } from "../status.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { deepFreeze, randomJson, seeded } from "./testing.ts";

function failure(document: unknown, patch: unknown): { status: StatusError["status"]; reason: string } {
  try {
    applyJsonPatch(deepFreeze(document), deepFreeze(patch));
  } catch (error) {
    assert.ok(error instanceof StatusError);
    return { status: error.status, reason: error.cause instanceof Error ? error.cause.message : "" };
  }
  throw new assert.AssertionError({ message: "the patch was applied" });
}

/** Appendix A of RFC 6902, and what Kubernetes adds. */
const applied: [string, unknown, unknown[], unknown][] = [
  ["A.1 adding a member", { foo: "bar" }, [{ op: "add", path: "/baz", value: "qux" }], { foo: "bar", baz: "qux" }],
  ["A.2 adding an element", { foo: ["bar", "baz"] }, [{ op: "add", path: "/foo/1", value: "qux" }], { foo: ["bar", "qux", "baz"] }],
  ["A.3 removing a member", { baz: "qux", foo: "bar" }, [{ op: "remove", path: "/baz" }], { foo: "bar" }],
  ["A.4 removing an element", { foo: ["bar", "qux", "baz"] }, [{ op: "remove", path: "/foo/1" }], { foo: ["bar", "baz"] }],
  ["A.5 replacing a value", { baz: "qux", foo: "bar" }, [{ op: "replace", path: "/baz", value: "boo" }], { baz: "boo", foo: "bar" }],
  [
    "A.6 moving a value",
    { foo: { bar: "baz", waldo: "fred" }, qux: { c: "g" } },
    [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
    { foo: { bar: "baz" }, qux: { c: "g", thud: "fred" } },
  ],
  [
    "A.7 moving an element",
    { foo: ["all", "grass", "cows", "eat"] },
    [{ op: "move", from: "/foo/1", path: "/foo/3" }],
    { foo: ["all", "cows", "eat", "grass"] },
  ],
  [
    "A.8 testing values",
    { baz: "qux", foo: ["a", 2, "c"] },
    [
      { op: "test", path: "/baz", value: "qux" },
      { op: "test", path: "/foo/1", value: 2 },
    ],
    { baz: "qux", foo: ["a", 2, "c"] },
  ],
  ["A.10 adding a nested object", { foo: "bar" }, [{ op: "add", path: "/child", value: { grandchild: {} } }], { foo: "bar", child: { grandchild: {} } }],
  ["A.11 ignoring unknown members", { foo: "bar" }, [{ op: "add", path: "/baz", value: "qux", xyz: 123 }], { foo: "bar", baz: "qux" }],
  [
    "A.14 escaped keys",
    { "/": 9, "~1": 10 },
    [
      { op: "test", path: "/~01", value: 10 },
      { op: "add", path: "/~1", value: 8 },
    ],
    { "/": 8, "~1": 10 },
  ],
  ["A.16 adding an array", { foo: ["bar"] }, [{ op: "add", path: "/foo/-", value: ["abc", "def"] }], { foo: ["bar", ["abc", "def"]] }],
  ["add on an existing path replaces", { conditions: [1, 2] }, [{ op: "add", path: "/conditions", value: [3] }], { conditions: [3] }],
  ["the whole document", { a: 1 }, [{ op: "replace", path: "", value: { b: 2 } }], { b: 2 }],
  [
    "a key with a slash",
    { metadata: { annotations: {} } },
    [{ op: "add", path: "/metadata/annotations/a.io~1b", value: "c" }],
    { metadata: { annotations: { "a.io/b": "c" } } },
  ],
  [
    "copy does not alias",
    { a: { x: 1 } },
    [
      { op: "copy", from: "/a", path: "/b" },
      { op: "replace", path: "/b/x", value: 2 },
    ],
    { a: { x: 1 }, b: { x: 2 } },
  ],
  ["Kubernetes: replace of an absent member", {}, [{ op: "replace", path: "/a", value: 1 }], { a: 1 }],
  ["Kubernetes: test for null of an absent member", { a: 1 }, [{ op: "test", path: "/b", value: null }], { a: 1 }],
  [
    "Kubernetes: index from the end",
    { a: [1, 2, 3] },
    [
      { op: "remove", path: "/a/-1" },
      { op: "add", path: "/a/-1", value: 4 },
    ],
    { a: [1, 2, 4] },
  ],
  ["a member named __proto__", {}, [{ op: "add", path: "/__proto__", value: { polluted: true } }], JSON.parse('{"__proto__":{"polluted":true}}')],
];

for (const [name, document, patch, expected] of applied) {
  test(`JSON patch applies: ${name}`, () => {
    const before = copyJson(document);
    assert.deepEqual(applyJsonPatch(deepFreeze(document), deepFreeze(patch)), expected);
    assert.deepEqual(document, before);
  });
}

const refused: [string, unknown, unknown[], RegExp][] = [
  ["a failed test", { baz: "qux" }, [{ op: "test", path: "/baz", value: "bar" }], /testing value \/baz failed: test failed/],
  ["a missing parent", { foo: "bar" }, [{ op: "add", path: "/baz/bat", value: "qux" }], /missing path: "\/baz\/bat"/],
  ["removal of what is not there", {}, [{ op: "remove", path: "/a" }], /Unable to remove nonexistent key: a/],
  ["an index past the end", { a: [1] }, [{ op: "add", path: "/a/2", value: 1 }], /invalid index: 2/],
  ["an index that is no number", { a: [1] }, [{ op: "add", path: "/a/x", value: 1 }], /proper array index: 'x'/],
  ["a path into a scalar", { a: 1 }, [{ op: "add", path: "/a/b", value: 1 }], /missing path/],
  ["moving into a child", { a: { b: 1 } }, [{ op: "move", from: "/a", path: "/a/b" }], /own child/],
  ["an unknown operation", {}, [{ op: "spam", path: "/a" }], /Unexpected kind: spam/],
  ["a missing path", {}, [{ op: "add", value: 1 }], /failed to decode path/],
  ["adding the whole document", {}, [{ op: "add", path: "", value: {} }], /missing path: ""/],
  ["copying the whole document", { a: {} }, [{ op: "copy", from: "", path: "/a/b" }], /missing path: ""/],
  ["moving onto the whole document", { a: {} }, [{ op: "move", from: "/a", path: "" }], /missing path: ""/],
];

for (const [name, document, patch, reason] of refused) {
  test(`JSON patch answers 422 without saying why: ${name}`, () => {
    const { status, reason: cause } = failure(document, patch);
    assert.deepEqual({ code: status.code, reason: status.reason, details: status.details }, { code: 422, reason: "Invalid", details: {} });
    assert.equal(status.message, "the server rejected our request due to an error in our request");
    assert.match(cause, reason);
  });
}

test("a patch that is no list of operations is a bad request", () => {
  assert.equal(failure({}, { op: "add" }).status.message, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp");
  assert.equal(failure({}, ["x"]).status.code, 400);
  assert.equal(failure({}, [{ op: 1, path: "/a" }]).status.code, 400);
});

test("more than 10,000 operations are too large", () => {
  const { status } = failure({}, Array(10_001).fill({ op: "add", path: "/a", value: 1 }));
  assert.equal(status.code, 413);
  assert.match(status.message ?? "", /The allowed maximum operations in a JSON patch is 10000, got 10001/);
});

test("copies that double the document stop at the limit", () => {
  const doubling = Array.from({ length: 40 }, (_, i) => ({ op: "copy", from: "/a", path: `/a/k${i}` }));
  assert.match(failure({ a: { text: "x".repeat(1000) } }, doubling).reason, /copied/);
});

/** Oracle: deep copy first, then plain mutation. */
function naive(document: unknown, operations: { op: string; path: string; value?: unknown }[]): unknown {
  const root = { "": copyJson(document) } as Record<string, unknown>;
  for (const { op, path, value } of operations) {
    const tokens = path.split("/");
    const last = tokens.pop() as string;
    // biome-ignore lint/suspicious/noExplicitAny: the oracle walks arbitrary JSON
    const container = tokens.reduce<any>((at, token) => at[token], root);
    if (op === "remove") Array.isArray(container) ? container.splice(Number(last), 1) : delete container[last];
    else if (Array.isArray(container) && op === "add") container.splice(Number(last), 0, copyJson(value));
    else container[last] = copyJson(value);
  }
  return root[""];
}

function paths(value: unknown, at = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [`${at}/${key}`, ...paths(item, `${at}/${key}`)]);
}

test("property: equals mutation of a deep copy, and never changes its inputs", () => {
  const random = seeded(1902);
  for (let round = 0; round < 500; round++) {
    const document = deepFreeze({ root: randomJson(random, 4) });
    const operations: { op: string; path: string; value?: unknown }[] = [];
    for (let i = 0; i < 4; i++) {
      const choices = paths(naive(document, operations));
      const path = choices[random(choices.length)];
      if (path === undefined) break;
      const op = ["add", "remove", "replace"][random(3)] as string;
      operations.push(op === "remove" ? { op, path } : { op, path, value: randomJson(random, 2) });
    }
    assert.deepEqual(applyJsonPatch(document, deepFreeze(operations)), naive(document, operations), JSON.stringify({ document, operations }));
  }
});
