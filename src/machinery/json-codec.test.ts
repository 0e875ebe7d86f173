import assert from "node:assert/strict";
import { test } from "node:test";
import { findDuplicateFields, JsonError, parseJson, stringifyJson } from "./json-codec.ts";
import { mostKeys, nestsDeeper } from "./json-scan.ts";

test("integers are exact to 64 bits", () => {
  const text = '{"small":9007199254740991,"big":9223372036854775807,"negative":-9223372036854775808,"float":0.12345678901234566,"list":[9007199254740993]}';
  const value = parseJson(text) as Record<string, unknown>;
  assert.equal(value["small"], 9007199254740991);
  assert.equal(value["big"], 9223372036854775807n);
  assert.equal(value["negative"], -9223372036854775808n);
  assert.deepEqual(value["list"], [9007199254740993n]);
  assert.equal(stringifyJson(value), text);
});

test("integers beyond 64 bits become doubles, numbers beyond doubles are refused", () => {
  assert.equal(parseJson("18446744073709551616"), 2 ** 64);
  assert.throws(() => parseJson('{"a":1e999}'), new JsonError("json: cannot unmarshal number 1e999 into Go value of type float64"));
});

test("bytes and strings parse alike; malformed UTF-8 is replaced", () => {
  assert.deepEqual(parseJson(Buffer.from('{"a":"é"}')), { a: "é" });
  assert.deepEqual(parseJson(Buffer.from([0x22, 0xff, 0x22])), "\ufffd");
});

test("__proto__ is a key like any other", () => {
  const value = parseJson('{"__proto__":{"polluted":true},"n":1234567890123456789}') as object;
  assert.deepEqual(Object.keys(value), ["__proto__", "n"]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal(stringifyJson(value), '{"__proto__":{"polluted":true},"n":1234567890123456789}');
});

test("texts that nest too deep are refused, not fatal", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const deep = (n: number) => `${open.repeat(n)}1${close.repeat(n)}`;
    assert.doesNotThrow(() => parseJson(deep(1000)));
    assert.throws(() => parseJson(deep(1001)), new JsonError(`invalid character '${open[0]}' exceeded max depth`));
    assert.throws(() => parseJson(deep(1_000_000)), new JsonError(`invalid character '${open[0]}' exceeded max depth`));
    assert.throws(() => parseJson(open.repeat(100_000)), new JsonError(`invalid character '${open[0]}' exceeded max depth`));
  }
  assert.equal(nestsDeeper(`["${"[".repeat(5000)}\\\\"]`, 1000), false);
});

test("syntax errors read as Go's", () => {
  const table: [string, string][] = [
    ["", "unexpected end of JSON input"],
    ["  ", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ['{"a"', "unexpected end of JSON input"],
    ["apiVersion: v1", "invalid character 'a' looking for beginning of value"],
    ["nul", "unexpected end of JSON input"],
    ["nuls", "invalid character 's' in literal null (expecting 'l')"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ["[1 2]", "invalid character '2' after array element"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["01", "invalid character '1' after top-level value"],
    ["-x", "invalid character 'x' in numeric literal"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1ex", "invalid character 'x' in exponent of numeric literal"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ["\u0001", "invalid character '\\x01' looking for beginning of value"],
    ["\ufeff{}", "invalid character 'ï' looking for beginning of value"],
  ];
  for (const [text, message] of table) assert.throws(() => parseJson(text), new JsonError(message), JSON.stringify(text));
});

test("duplicate keys are found with their paths", () => {
  const table: [string, string[]][] = [
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":1,"a":2,"a":3}', ["a"]],
    ['{"spec":{"x":1,"l":[{"n":1},{"n":1,"n":[]}],"x":"\\"}"}}', ["spec.l[1].n", "spec.x"]],
    ['{"a b":1,"\\u0061 b":2}', ["a b"]],
    ['[{"a":{}},[{"b":1,"b":1}]]', ["[1][0].b"]],
    [' { "a" : "x,\\\\" , "a" : null } ', ["a"]],
    ['{"a":"x\\":1","b":["c:",{"d":":"}]}', []],
    ["3", []],
  ];
  for (const [text, expected] of table) {
    assert.deepEqual(findDuplicateFields(Buffer.from(text)), expected, text);
    assert.deepEqual(findDuplicateFields(text, parseJson(text)), expected, text);
  }
});

test("what looks like the end of a key counts too, so that duplicates are never missed for it", () => {
  const table: [text: string, most: number][] = [
    ['{"a":1,"b" \n : {"c":[{"d":null}]}}', 4],
    ['{"a":"no: key"}', 1],
    ['{"a":"\\": x"}', 2],
    [":", 0],
  ];
  for (const [text, most] of table) assert.equal(mostKeys(text), most, text);
  assert.deepEqual(findDuplicateFields('{"a":1,"a":"\\":"}', { a: '":' }), ["a"]);
  assert.deepEqual(findDuplicateFields('{"a":1,"b":"\\":"}', { a: 1, b: '":' }), []);
});

test("the scanner agrees with JSON.parse on what is JSON", () => {
  const alphabet = ["{", "}", "[", "]", '"a"', ":", ",", "1", "-0.5e1", "true", "null", " ", "x", '"\\n"'];
  let seed = 1;
  for (let i = 0; i < 20_000; i++) {
    let text = "";
    for (let n = 0; n < 6; n++) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      text += alphabet[(seed >> 8) % alphabet.length];
    }
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    if (valid) assert.doesNotThrow(() => parseJson(text), text);
    else
      assert.throws(
        () => parseJson(text),
        (error) => error instanceof JsonError && /^(invalid character|unexpected end)/.test(error.message),
        text,
      );
  }
});

test("to look for duplicates comes to an end in what is no JSON, too", () => {
  for (const text of ["[}]", "[a}b]", "['}']", "[1,}", '{"a":}', "[\u00a0]", "[\u2028", "[{]}", "}", '{"a"[}', "["])
    assert.deepEqual(findDuplicateFields(text), [], text);
});
