import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../machinery/status.ts";
import { continueAfter, decodeContinue, encodeContinue } from "./continue-token.ts";

const token = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const v = "meta.k8s.io/v1";

test("a token leads to what follows the last key of its page", () => {
  const after = decodeContinue(continueAfter(7, "default/a"));
  assert.deepEqual(after, { revision: 7, start: "default/a\u0000" });
  assert.deepEqual(decodeContinue(encodeContinue({ ...after, revision: -1 })), { revision: -1, start: "default/a\u0000" });
  assert.deepEqual(decodeContinue(token({ v, rv: 5, start: "/a" })), { revision: 5, start: "a" });
  assert.deepEqual(decodeContinue(token({ v, rv: -9, start: "a" })), { revision: -9, start: "a" });
});

const refused: readonly [text: string, problem: string][] = [
  ["%", "illegal base64 data at input byte 0"],
  ["abc=", "illegal base64 data at input byte 3"],
  ["abcde", "illegal base64 data at input byte 4"],
  ["ab+/", "illegal base64 data at input byte 2"],
  [token("x"), "invalid character 'x' looking for beginning of value"],
  [token("{"), "unexpected end of JSON input"],
  [token([]), "json: cannot unmarshal array into Go value of type storage.continueToken"],
  [token("null"), "server does not recognize this encoded version "],
  [token({}), "server does not recognize this encoded version "],
  [token({ v: "v2", rv: 1, start: "a" }), "server does not recognize this encoded version v2"],
  [token({ v: 1 }), "json: cannot unmarshal number into Go struct field continueToken.v of type string"],
  [token({ v, rv: "5", start: "a" }), "json: cannot unmarshal string into Go struct field continueToken.rv of type int64"],
  [token({ v, rv: 1.5, start: "a" }), "json: cannot unmarshal number 1.5 into Go struct field continueToken.rv of type int64"],
  [token({ v, start: "a" }), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"],
  [token({ v, rv: 5 }), "encoded start key empty (version meta.k8s.io/v1)"],
  [token({ v, rv: 5, start: ["a"] }), "json: cannot unmarshal array into Go struct field continueToken.start of type string"],
  [token({ v, rv: 5, start: "../secrets/a" }), "../secrets/a"],
  [token({ v, rv: 5, start: "a/../b" }), "a/../b"],
  [token({ v, rv: 5, start: "a//b" }), "a//b"],
  [token({ v, rv: 5, start: "a/" }), "a/"],
];

test("what is no token is refused, saying why", () => {
  for (const [text, problem] of refused) {
    assert.throws(
      () => decodeContinue(text),
      (error) => error instanceof StatusError && error.code === 400 && error.message === `invalid continue token: continue key is not valid: ${problem}`,
      problem,
    );
  }
});
