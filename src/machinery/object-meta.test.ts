import assert from "node:assert/strict";
import { test } from "node:test";
import { dns1035LabelErrors } from "./names.ts";
import { type DraftMeta, generateName, validateFieldManager, validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";
import { fieldErrorText } from "./status.ts";

const create = (meta: DraftMeta, namespaced = true) =>
  validateObjectMeta({ name: "a", ...(namespaced ? { namespace: "default" } : {}), ...meta }, namespaced).map(fieldErrorText);
const old: DraftMeta = { name: "a", namespace: "default", uid: "u1", resourceVersion: "7", creationTimestamp: "2024-01-01T00:00:00Z", generation: 3 };
const update = (meta: DraftMeta, before: DraftMeta = {}) => validateObjectMetaUpdate({ ...old, ...meta }, { ...old, ...before }).map(fieldErrorText);

test("metadata of new objects is validated with Kubernetes' messages", () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "u" };
  const table: [DraftMeta, string[]][] = [
    [{}, []],
    [{ name: "" }, ["metadata.name: Required value: name or generateName is required"]],
    [{ namespace: "" }, ["metadata.namespace: Required value"]],
    [{ generateName: "web-", labels: { "a/b": "c" }, finalizers: ["example.com/x", "orphan"] }, []],
    [{ generation: -1 }, ["metadata.generation: Invalid value: -1: must be greater than or equal to 0"]],
    [
      { labels: { a: "b c" } },
      [
        "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [{ annotations: { "Example.COM/Key": "x" } }, []],
    [{ annotations: { a: "x".repeat(262144) } }, ["metadata.annotations: Too long: may not be more than 262144 bytes"]],
    [{ ownerReferences: [owner] }, []],
    [
      { ownerReferences: [{ ...owner, apiVersion: "", name: "", uid: "" }] },
      [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    ],
    [{ finalizers: ["mine"] }, []],
    [
      { finalizers: ["orphan", "foregroundDeletion"] },
      ['metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set'],
    ],
    [
      { managedFields: [{ manager: "x".repeat(129), operation: "Patch", fieldsType: "V2" }] },
      [
        'metadata.managedFields[0].operation: Invalid value: "Patch": must be `Apply` or `Update`',
        'metadata.managedFields[0].fieldsType: Invalid value: "V2": must be `FieldsV1`',
        "metadata.managedFields[0].manager: Too long: may not be more than 128 bytes",
      ],
    ],
  ];
  for (const [meta, expected] of table) assert.deepEqual(create(meta), expected, JSON.stringify(meta).slice(0, 80));
});

test("only one owner may be the controller, and no Event an owner", () => {
  const a = { apiVersion: "v1", kind: "Pod", name: "a", uid: "1", controller: true };
  const errors = create({ ownerReferences: [a, { ...a, name: "b" }, { ...a, kind: "Event", controller: false }] });
  assert.equal(errors.length, 2);
  assert.match(errors[0]!, /Only one reference can have Controller set to true\. Found "true" in references for Pod\/a and Pod\/b$/);
  assert.match(errors[1]!, /\/v1, Kind=Event is disallowed from being an owner$/);
});

test("cluster-scoped objects have no namespace, and kinds have name rules of their own", () => {
  assert.deepEqual(create({ namespace: "x" }, false), ["metadata.namespace: Forbidden: not allowed on this type"]);
  assert.equal(validateObjectMeta({ name: "1a", namespace: "x", generateName: "12-" }, true, dns1035LabelErrors).length, 2);
});

test("updates keep identity", () => {
  const table: [DraftMeta, DraftMeta, string[]][] = [
    [{ labels: { a: "b" } }, {}, []],
    [{ uid: "u2" }, {}, ['metadata.uid: Invalid value: "u2": field is immutable']],
    [{ resourceVersion: "" }, {}, ['metadata.resourceVersion: Invalid value: "": must be specified for an update']],
    [{ generation: 2 }, {}, ["metadata.generation: Invalid value: 2: must not be decremented"]],
    [{ deletionTimestamp: "2024-01-02T00:00:00Z" }, {}, ['metadata.deletionTimestamp: Invalid value: "2024-01-02T00:00:00Z": field is immutable']],
    [
      { deletionTimestamp: "2024-01-02T00:00:00Z", finalizers: ["a/b", "c/d"] },
      { deletionTimestamp: "2024-01-02T00:00:00Z", finalizers: ["a/b"] },
      ['metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}'],
    ],
  ];
  for (const [meta, before, expected] of table) assert.deepEqual(update(meta, before), expected, JSON.stringify(meta));
});

test("field managers are short and printable", () => {
  assert.deepEqual(validateFieldManager("kubectl-edit v1.36 é", "fieldManager"), []);
  assert.deepEqual(validateFieldManager("é\n", "fieldManager").map(fieldErrorText), [
    'fieldManager: Invalid value: "é\\n": invalid character U+000A (at position 2)',
  ]);
});

test("generated names are cut to 63 characters and use the safe alphabet", () => {
  let n = 0;
  const name = generateName("a".repeat(80), () => (n++ % 27) / 27);
  assert.equal(name, `${"a".repeat(58)}bcdfg`);
  assert.match(
    generateName("web-", () => 0.999999),
    /^web-99999$/,
  );
});
