import assert from "node:assert/strict";
import { test } from "node:test";
import { int32, int64, list, map, message, obj, str } from "./schema.ts";
import { schemaErrors } from "./schema-validate.ts";
import { fieldErrorText } from "./status.ts";

const port = message("test.v1.Port", "", {
  protocol: str(1, "", { enum: ["TCP", "UDP"] }),
  number: int32(2, "", { min: 1, max: 65535 }),
});
const spec = message("test.v1.Spec", "", {
  replicas: int32(1, "", { min: 0 }),
  weight: int64(2, "", { max: 100 }),
  selector: map(3, "string", "", { immutable: true }),
  ports: list(4, port, ""),
  byName: map(5, port, ""),
  modes: list(6, "string", "", { enum: ["a"] }),
});
const kind = message("test.v1.Kind", "", { spec: obj(1, spec, ""), note: str(2, "") });

const texts = (object: object, old?: object) => schemaErrors(kind, object, old).map(fieldErrorText);

test("enums and ranges are checked with Kubernetes' texts", () => {
  assert.deepEqual(
    texts({
      spec: {
        replicas: -1,
        weight: 101n,
        ports: [
          { protocol: "SCTP", number: 0 },
          { protocol: "", number: 65535 },
        ],
        byName: { a: { number: 70000 } },
        modes: ["a", "b"],
      },
    }),
    [
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      "spec.weight: Invalid value: 101: must be less than or equal to 100",
      'spec.ports[0].protocol: Unsupported value: "SCTP": supported values: "TCP", "UDP"',
      "spec.ports[0].number: Invalid value: 0: must be between 1 and 65535, inclusive",
      "spec.byName[a].number: Invalid value: 70000: must be between 1 and 65535, inclusive",
      'spec.modes[1]: Unsupported value: "b": supported values: "a"',
    ],
  );
  assert.deepEqual(texts({ spec: {} }), []);
});

test("immutable fields may be set once", () => {
  assert.deepEqual(texts({ spec: { selector: { a: "1" } } }, { spec: {} }), []);
  assert.deepEqual(texts({ spec: { selector: { a: "1" } } }, { spec: { selector: { a: "1" } } }), []);
  assert.deepEqual(texts({ spec: { selector: { a: "2" } } }, { spec: { selector: { a: "1" } } }), [
    'spec.selector: Invalid value: {"a":"2"}: field is immutable',
  ]);
  assert.deepEqual(texts({ spec: {} }, { spec: { selector: { a: "1" } } }), ["spec.selector: Invalid value: null: field is immutable"]);
});
