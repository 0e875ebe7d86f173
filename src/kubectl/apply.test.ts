import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments } from "../client/resources.ts";
import { appliedText, parseManifests, resourceOf } from "./apply.ts";

test("manifests are read from several documents, empty ones left out", () => {
  const objects = parseManifests(
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
    "x.yaml",
  );
  assert.deepEqual(
    objects.map((object) => resourceOf(object).resource),
    ["deployments", "services"],
  );
});

test("what cannot be applied is refused with its place", () => {
  assert.throws(() => parseManifests("kind: Pod\n", "x.yaml"), /cannot apply x\.yaml, document 1: apiVersion, kind and metadata\.name/);
  assert.throws(() => parseManifests("a: [", "x.yaml"), /cannot read x\.yaml/);
  assert.throws(() => resourceOf({ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w", uid: "" } }), /not a built-in kind/);
});

test("outcomes read as kubectl prints them", () => {
  const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", uid: "1" } };
  assert.equal(appliedText({ resource: deployments, object, outcome: "created" }), "deployment.apps/web created");
});
