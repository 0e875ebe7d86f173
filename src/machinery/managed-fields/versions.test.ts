import assert from "node:assert/strict";
import { test } from "node:test";
import { int32, message, obj, str } from "../schema.ts";
import { StatusError } from "../status.ts";
import { apply } from "./apply.ts";
import { recordUpdate, withManagedFields } from "./update.ts";
import type { VersionLookup } from "./versions.ts";

/** x/v1 calls spec.old what x/v2 calls spec.new. */
const schemaOf = (field: string) =>
  message("x.Kind", "", {
    apiVersion: str(0, ""),
    kind: str(0, ""),
    spec: obj(1, message("x.Spec", "", { [field]: int32(1, ""), shared: int32(2, "") }), ""),
  });
const v1 = schemaOf("old");
const v2 = schemaOf("new");

const toV1: VersionLookup = (apiVersion) => (apiVersion === "x/v1" ? { schema: v1, convert: rename } : undefined);

function rename(object: object): object {
  const { new: value, ...spec } = (object as { spec: { new?: number } }).spec;
  return { ...object, apiVersion: "x/v1", spec: value === undefined ? spec : { ...spec, old: value } };
}

function stored(apiVersion: string, fieldsV1: object) {
  const managedFields = [{ manager: "a", operation: "Update", apiVersion, fieldsType: "FieldsV1", fieldsV1 }];
  return { apiVersion: "x/v2", kind: "Kind", metadata: { uid: "1", managedFields }, spec: { new: 1, shared: 1 } };
}

const common = { schema: v2, apiVersion: "x/v2", now: 0, otherVersions: toV1 };

test("an entry of another version loses the field as that version calls it", () => {
  const live = stored("x/v1", { "f:spec": { "f:old": {}, "f:shared": {} } });
  const object = { ...withManagedFields(live, undefined), spec: { new: 2, shared: 1 } };
  const entries = recordUpdate({ ...common, live, object, manager: "b" });
  assert.deepEqual(
    entries?.map(({ manager, apiVersion, fieldsV1 }) => [manager, apiVersion, fieldsV1]),
    [
      ["a", "x/v1", { "f:spec": { "f:shared": {} } }],
      ["b", "x/v2", { "f:spec": { "f:new": {} } }],
    ],
  );
});

test("a conflict names the field as its owner's version calls it", () => {
  const live = stored("x/v1", { "f:spec": { "f:old": {} } });
  const applied = { apiVersion: "x/v2", kind: "Kind", spec: { new: 2 } };
  assert.throws(
    () => apply({ ...common, kind: "Kind", live, applied, manager: "b", force: false }),
    (error) => error instanceof StatusError && error.message === 'Apply failed with 1 conflict: conflict with "a" using x/v1: .spec.old',
  );
});

test("entries of a version that is not served any more go", () => {
  const live = stored("x/v0", { "f:spec": { "f:ancient": {} } });
  const object = { ...withManagedFields(live, undefined), spec: { new: 2, shared: 1 } };
  assert.deepEqual(
    recordUpdate({ ...common, live, object, manager: "b" })?.map(({ manager }) => manager),
    ["b"],
  );
});
