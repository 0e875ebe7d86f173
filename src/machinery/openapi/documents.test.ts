import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { scale } from "../../api/autoscaling/v1/scale.ts";
import { allDefinitions } from "../../api/index.ts";
import { referenceFolder } from "../../testing/reference.ts";
import type { JsonObject } from "./definitions.ts";
import { type OpenApiInput, openApiV2, openApiV3, openApiV3Index, openApiV3Paths } from "./documents.ts";
import { type OpenApiSubresource, operationsOf } from "./operations.ts";

const scales: OpenApiSubresource[] = allDefinitions
  .filter(({ scale: has }) => has !== undefined)
  .map((of) => ({ of, name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get", "update", "patch"], schema: scale }));
const input: OpenApiInput = { gitVersion: "v1.36.0", resources: allDefinitions, subresources: scales };

const reference = new URL("operations.tsv", referenceFolder);

function references(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    if (key === "$ref" && typeof item === "string") found.add(item);
    else references(item, found);
  }
  return found;
}

test("every reference of the documents resolves, and every operation id is there once", () => {
  const v2 = openApiV2(input);
  for (const ref of references(v2)) assert.ok(ref.replace("#/definitions/", "") in (v2["definitions"] as object), ref);
  const ids = new Set<string>();
  for (const path of openApiV3Paths(allDefinitions)) {
    const [, group, version] = path.startsWith("api/") ? ["", "", path.slice(4)] : path.split("/");
    const document = openApiV3(input, { group: group!, version: version! });
    const { schemas } = document["components"] as { schemas: object };
    for (const ref of references(document)) assert.ok(ref.replace("#/components/schemas/", "") in schemas, `${path}: ${ref}`);
    for (const item of Object.values(document["paths"] as Record<string, Record<string, { operationId?: string }>>)) {
      for (const { operationId } of Object.values(item)) {
        if (operationId === undefined) continue;
        assert.ok(!ids.has(operationId), operationId);
        ids.add(operationId);
      }
    }
  }
  for (const id of [
    "listCoreV1PodForAllNamespaces",
    "patchAppsV1NamespacedDeploymentStatus",
    "readRbacAuthorizationV1ClusterRole",
    "deleteCoreV1CollectionNamespacedPod",
  ]) {
    assert.ok(ids.has(id), id);
  }
});

test("patches say which types they take and that they validate fields", () => {
  const document = openApiV3(input, { group: "apps", version: "v1" });
  const path = (document["paths"] as Record<string, JsonObject>)["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]!;
  const patch = path["patch"] as { parameters: { name: string }[]; requestBody: { content: object } } & JsonObject;
  assert.deepEqual(Object.keys(patch.requestBody.content), [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
  ]);
  assert.deepEqual(
    patch.parameters.map(({ name }) => name),
    ["dryRun", "fieldManager", "fieldValidation", "force"],
  );
  assert.deepEqual(patch["x-kubernetes-group-version-kind"], { group: "apps", kind: "Deployment", version: "v1" });
  assert.equal(patch["x-kubernetes-action"], "patch");
});

test("every path that Kubernetes has for watches is told, and no other", { skip: existsSync(reference) ? false : "no reference table here" }, () => {
  const rows = readFileSync(reference, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"));
  const served = new Set(allDefinitions.map(({ group, version }) => (group === "" ? `/api/${version}/` : `/apis/${group}/${version}/`)));
  const theirs = rows.filter(([, path = "", action = ""]) => action.startsWith("watch") && [...served].some((prefix) => path.startsWith(prefix)));
  const ours = allDefinitions.flatMap((definition) => operationsOf(definition)).filter(({ action }) => action.startsWith("watch"));
  assert.deepEqual(ours.map(({ path }) => path).sort(), theirs.map(([, path]) => path).sort());
});

test("deletions tell whether their answer is the object or a Status", () => {
  const answerOf = (kind: string) => {
    const operations = allDefinitions.filter((definition) => definition.kind === kind).flatMap((definition) => operationsOf(definition));
    return operations
      .find(({ action }) => action === "delete")
      ?.answer.name.split(".")
      .at(-1);
  };
  const kinds = ["Pod", "Service", "PersistentVolumeClaim", "StorageClass", "ResourceClaim", "ConfigMap", "Deployment", "Namespace"];
  assert.deepEqual(kinds.map(answerOf), ["Pod", "Service", "PersistentVolumeClaim", "StorageClass", "ResourceClaim", "Status", "Status", "Status"]);
});

test("fields carry what clients merge by", () => {
  const { schemas } = openApiV3(input, { group: "", version: "v1" })["components"] as { schemas: Record<string, JsonObject> };
  const containers = (schemas["io.k8s.api.core.v1.PodSpec"]!["properties"] as Record<string, JsonObject>)["containers"]!;
  assert.deepEqual(containers["items"], { allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.Container" }] });
  assert.equal(containers["x-kubernetes-patch-merge-key"], "name");
  assert.equal(containers["x-kubernetes-patch-strategy"], "merge");
  assert.deepEqual(schemas["io.k8s.api.core.v1.Pod"]!["x-kubernetes-group-version-kind"], [{ group: "", version: "v1", kind: "Pod" }]);
  assert.deepEqual(schemas["io.k8s.api.core.v1.PodList"]!["required"], ["items"]);
  const selectors = ["api.core.v1.LocalObjectReference", "api.core.v1.NodeSelectorTerm", "apimachinery.pkg.apis.meta.v1.LabelSelector"];
  for (const atomic of selectors) assert.equal(schemas[`io.k8s.${atomic}`]!["x-kubernetes-map-type"], "atomic", atomic);
});

test("the index names a document for every group and version", () => {
  const paths = openApiV3Paths(allDefinitions);
  assert.ok(paths.includes("api/v1") && paths.includes("apis/apps/v1"));
  assert.deepEqual(openApiV3Index({ "api/v1": "ABC" }), { paths: { "api/v1": { serverRelativeURL: "/openapi/v3/api/v1?hash=ABC" } } });
});

test("every operation is one of Kubernetes'", { skip: existsSync(reference) ? false : "no reference table here" }, () => {
  const known = new Set(readFileSync(reference, "utf8").trim().split("\n").slice(1));
  const ours = allDefinitions.flatMap((definition) => operationsOf(definition, scales));
  const lines = ours.map(({ method, path, action, kind }) => `${method.toUpperCase()}\t${path}\t${action}\t${kind.group}/${kind.version}/${kind.kind}`);
  assert.deepEqual(
    lines.filter((line) => !known.has(line)),
    [],
  );
});
