import assert from "node:assert/strict";
import { test } from "node:test";
import { duplicatesInYaml, parseYaml, parseYamlDocuments, stringifyYaml, YamlError } from "./yaml-codec.ts";

test("scalars are those of YAML 1.1 as Go reads them", () => {
  const table: [string, unknown][] = [
    ["yes", true],
    ["Off", false],
    ["y", true],
    ["true", true],
    ["'yes'", "yes"],
    ["yEs", "yEs"],
    ["null", null],
    ["~", null],
    ["0644", 420],
    ["0o644", 420],
    ["0x1F", 31],
    ["0b101", 5],
    ["08", 8],
    ["1_000", 1000],
    ["-5", -5],
    ["+5", 5],
    ["9223372036854775807", 9223372036854775807n],
    ["9007199254740993", 9007199254740993n],
    ["1.5", 1.5],
    ["1e3", 1000],
    [".5", 0.5],
    ["1.", 1],
    ["1.2.3", "1.2.3"],
    ["10Mi", "10Mi"],
    ["2024-01-01", "2024-01-01"],
    ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"],
    ["12:30:45", "12:30:45"],
    ["!!str 5", "5"],
    ["!!binary aGk=", "hi"],
    ["1.36", 1.36],
  ];
  for (const [text, value] of table) assert.deepEqual(parseYaml(`a: ${text}`), { a: value }, text);
});

test("keys become text, anchors and merge keys are resolved", () => {
  assert.deepEqual(parseYaml("yes: 1\n5: 2\n"), { true: 1, 5: 2 });
  assert.deepEqual(parseYaml("base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3\n"), { base: { x: 1, z: 2 }, use: { x: 1, z: 3 } });
  assert.equal(Object.getPrototypeOf(parseYaml("__proto__: {a: 1}")), Object.prototype);
});

test("a key given twice is an error when asked for, else the last one counts", () => {
  assert.deepEqual(parseYaml("a: 1\na: 2\n"), { a: 2 });
  assert.throws(() => parseYaml("a: 1\na: 2\n", { strict: true }), new YamlError("yaml: line 2: duplicated mapping key"));
});

test("texts of several documents, and of none", () => {
  assert.deepEqual(parseYamlDocuments('---\na: 1\n---\n# nothing\n---\n{"b": [2]}\n'), [{ a: 1 }, { b: [2] }]);
  for (const text of ["", "\n", "# only a comment\n", "---\n"]) assert.equal(parseYaml(text) ?? undefined, undefined, JSON.stringify(text));
  assert.throws(() => parseYaml("a: [1"), YamlError);
  assert.throws(() => parseYaml("a: b: c"), YamlError);
  assert.throws(() => parseYaml("\ta: 1"), YamlError);
});

test("what is written reads back, quoted where a reader of either version might stumble", () => {
  const value = { yes: "no", octal: "0644", n: 420, text: "a: b\n- c\n", list: [{ a: null }, []], when: "2024-01-01T00:00:00Z", empty: "", big: 1.5e300 };
  assert.deepEqual(parseYaml(stringifyYaml(value)), value);
  assert.equal(stringifyYaml({ b: undefined, a: "yes" }), "a: 'yes'\n");
});

test("texts that would grow without end are refused", () => {
  const laughs = ["a: &a [x,x,x,x,x,x,x,x,x]", ..."bcdefgh"].map((name, i) =>
    i === 0
      ? name
      : `${name}: &${name} [${Array(9)
          .fill(`*${"abcdefgh"[i - 1]}`)
          .join(",")}]`,
  );
  assert.throws(() => parseYaml(laughs.join("\n")), new YamlError("yaml: document contains excessive aliasing"));
  assert.throws(() => parseYaml("a: &a [*a]"), YamlError);
  assert.throws(() => parseYaml(`${"[".repeat(1500)}${"]".repeat(1500)}`), YamlError);
  assert.throws(() => parseYaml("[".repeat(100_000)), YamlError);
});

test("integers beyond 2^53 are written in full, and texts that look like integers stay texts", () => {
  const value = { large: 9223372036854775807n, negative: -9007199254740993n, octal: "0o17", digits: "9223372036854775807", small: 5 };
  const text = stringifyYaml(value);
  assert.match(text, /^large: 9223372036854775807$/m);
  assert.deepEqual(parseYaml(text), value);
});

test("every key given twice is told of, at the line of what came too late", () => {
  const table: [string, string[]][] = [
    ["a: 1\nb: 2\n", []],
    ["a: 1\na: 2\na: 3\n", ['line 2: key "a" already set in map', 'line 3: key "a" already set in map']],
    ["a:\n  b: 1\n  b: 2\na: {}\n", ['line 3: key "b" already set in map', 'line 4: key "a" already set in map']],
    ["a:\n- b: x\n  'b': |\n    text\n", ['line 3: key "b" already set in map']],
    ["a: x\na:\n  c: 1\n", ['line 3: key "a" already set in map']],
    ["1: x\n'1': y\n1: z\nyes: a\non: b\n", ["line 3: key 1 already set in map", "line 5: key true already set in map"]],
    ["x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\nz: *x\nz: *x\n", ['line 6: key "z" already set in map']],
    ["a: [x, {b: 1, b: 2}]\n---\nc: 1\nc: 2\n", ['line 1: key "b" already set in map']],
    ['{"a":1,\n\t"a":2}', ['line 2: key "a" already set in map']],
    ["", []],
  ];
  for (const [text, expected] of table) assert.deepEqual(duplicatesInYaml(text), expected, text);
});
