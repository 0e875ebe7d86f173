import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonLimits, measureJson } from "./json-measure.ts";

const limits: JsonLimits = { values: 10, differentKeys: 4, wide: 2, longNumbers: 1 };
const measure = (text: string) => measureJson(Buffer.from(text), limits);
const list = (count: number, item: (index: number) => string) => `[${Array.from({ length: count }, (_, index) => item(index)).join()}]`;

test("values, different keys and keys of large objects are limited", () => {
  const wide = (keys: number) => `{${Array.from({ length: keys }, () => '"a":1').join()}}`;
  const table: [text: string, exceeded: string | undefined][] = [
    [list(10, () => "1"), undefined],
    [list(11, () => "1"), "more than 10 values"],
    [list(6, () => "{}"), "more than 10 values"],
    [`{"a":{"b":{"c":{"d":1}}}}`, undefined],
    [`{"a":{"b":{"c":{"d":{"e":1}}}}}`, "more than 4 different keys"],
    [`{"a":{"a":{"a":{"a":{"a":1}}}}}`, undefined],
  ];
  for (const [text, exceeded] of table) assert.equal(measure(text).exceeded, exceeded, text);
  const many = { ...limits, values: 1000 };
  assert.equal(measureJson(Buffer.from(wide(102)), many).exceeded, undefined);
  assert.equal(measureJson(Buffer.from(list(104, () => "1")), many).exceeded, "more than 2 keys and elements in large objects and lists");
  assert.equal(measure("[1234567890123456,123456789,12345678]").exceeded, undefined);
  assert.equal(measure("[1234567890123456,1234567890123456]").exceeded, "more than 1 long numbers");
  assert.equal(measureJson(Buffer.from(wide(103)), many).exceeded, "more than 2 keys and elements in large objects and lists");
});

test("what stands in strings does not count, and keys are counted each time", () => {
  assert.deepEqual(measure(`{"a":"{[,:\\"{[,:","a":"\\\\"}`), { exceeded: undefined, keys: 2 });
  assert.deepEqual(measure('["\\'), { exceeded: undefined, keys: 0 });
});
