import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonLimits, measureJson } from "./json-measure.ts";

const limits: JsonLimits = { values: 10, differentKeys: 4, wideKeys: 2 };
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
  assert.equal(measureJson(Buffer.from(wide(103)), many).exceeded, "more than 2 keys in large objects");
});

test("what stands in strings does not count, and keys are counted each time", () => {
  assert.deepEqual(measure(`{"a":"{[,:\\"{[,:","a":"\\\\"}`), { exceeded: undefined, keys: 2 });
  assert.deepEqual(measure('["\\'), { exceeded: undefined, keys: 0 });
});
