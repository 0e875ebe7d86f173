import assert from "node:assert/strict";
import { test } from "node:test";
import { prefixEnd } from "../store.ts";
import { compareKeys, inRange } from "./key-order.ts";

test("keys are ordered by their UTF-8 bytes", () => {
  const pieces = ["", "/", "a", "b", "z", "é", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{1f6f6}", "\u{10ffff}"];
  const keys = pieces.flatMap((first) => pieces.map((second) => first + second));
  for (const a of keys) {
    for (const b of keys) assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)), JSON.stringify([a, b]));
  }
});

test("prefixEnd is above every key with the prefix and below every later key", () => {
  for (const prefix of ["/registry/pods/", "a", "\u{d7ff}", "\u{1f6f6}", "a\u{10ffff}", ""]) {
    const range = { start: prefix, end: prefixEnd(prefix) };
    for (const rest of ["", "/", "web", "\u{10000}z"]) assert.ok(inRange(range, prefix + rest), JSON.stringify(prefix + rest));
  }
  assert.equal(prefixEnd("/registry/pods/"), "/registry/pods0");
  assert.equal(prefixEnd("a\u{10ffff}"), "b");
  assert.ok(!inRange({ start: "\u{d7ff}", end: prefixEnd("\u{d7ff}") }, "\u{e000}"));
});
