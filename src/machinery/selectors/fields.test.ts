import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeFieldValue, fieldSelectorText, matchesFields, parseFieldSelector, requiredField, unknownFieldMessage } from "./fields.ts";
import { SelectorError } from "./labels.ts";

test("field selectors are read, sorted and written back", () => {
  const table: [string, string][] = [
    ["", ""],
    [",", ""],
    ["metadata.name=a", "metadata.name=a"],
    ["metadata.name==a", "metadata.name=a"],
    ["b!=,a=1", "a=1,b!="],
    ["a=x\\,y\\=z\\\\", "a=x\\,y\\=z\\\\"],
    ["a=b!c", "a=b!c"],
  ];
  for (const [text, expected] of table) assert.equal(fieldSelectorText(parseFieldSelector(text)), expected, text);
  assert.deepEqual(parseFieldSelector("a=x\\,y").terms, [{ field: "a", operator: "=", value: "x,y" }]);
});

test("texts that are no field selectors get Kubernetes' messages", () => {
  const table: [string, string][] = [
    ["a", "invalid selector: 'a'; can't understand 'a'"],
    ["a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"],
    ["a=b=c", "invalid field selector: unescaped character in value: 61"],
    ["a=\\x", "invalid field selector: invalid escape sequence: \\x"],
    ["a=\\", "invalid field selector: invalid escape sequence: \\"],
  ];
  for (const [text, message] of table) assert.throws(() => parseFieldSelector(text), new SelectorError(message), text);
  assert.equal(unknownFieldMessage("spec.x", true), "field label not supported: spec.x");
  assert.equal(unknownFieldMessage("spec.x", false), '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"');
});

test("matching compares text, absent fields being empty", () => {
  const get = (field: string) => ({ "metadata.name": "a", "spec.nodeName": "" })[field];
  const matches = (text: string) => matchesFields(parseFieldSelector(text), get);
  for (const text of ["", "metadata.name=a", "spec.nodeName=", "none=", "metadata.name!=b"]) assert.equal(matches(text), true, text);
  for (const text of ["metadata.name=b", "metadata.name!=a", "spec.nodeName!=", "metadata.name=a,none=x"]) assert.equal(matches(text), false, text);
  assert.equal(requiredField(parseFieldSelector("metadata.name=a,b!=c"), "metadata.name"), "a");
  assert.equal(requiredField(parseFieldSelector("b!=c"), "b"), undefined);
  for (const value of ["", "a,b", "\\", "a=b\\,"]) assert.deepEqual(parseFieldSelector(`f=${escapeFieldValue(value)}`).terms[0]!.value, value);
});
