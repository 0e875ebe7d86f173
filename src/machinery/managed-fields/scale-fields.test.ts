import assert from "node:assert/strict";
import { test } from "node:test";
import type { ManagedFieldsEntry } from "../meta.ts";
import { fromScaleEntries, toScaleEntries } from "./scale-fields.ts";

const replicas = { "f:spec": { "f:replicas": {} } };
const entry = (manager: string, fieldsV1: object, rest: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: "Apply",
  apiVersion: "apps/v1",
  time: "2026-01-01T00:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1: fieldsV1 as NonNullable<ManagedFieldsEntry["fieldsV1"]>,
  ...rest,
});
const both = { "f:spec": { "f:paused": {}, "f:replicas": {} } };
const paused = { "f:spec": { "f:paused": {} } };
const scaled = { apiVersion: "autoscaling/v1", subresource: "scale" };

test("a Scale is owned by those who own the replicas, in its own version", () => {
  assert.deepEqual(toScaleEntries([entry("a", both), entry("b", paused)], replicas), [entry("a", replicas, { apiVersion: "autoscaling/v1" })]);
});

test("who loses the replicas of the Scale keeps the rest of the object", () => {
  const after = fromScaleEntries([entry("a", both), entry("b", replicas)], [entry("hpa", replicas, scaled)], replicas, "apps/v1");
  assert.deepEqual(after, [entry("a", paused), entry("hpa", replicas, { subresource: "scale" })]);
});

test("who keeps them keeps everything", () => {
  const before = [entry("a", both), entry("hpa", replicas, { subresource: "scale" })];
  assert.deepEqual(fromScaleEntries(before, toScaleEntries(before, replicas), replicas, "apps/v1"), before);
});
