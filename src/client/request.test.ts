import assert from "node:assert/strict";
import { test } from "node:test";
import { apiRequest, targetPath } from "./request.ts";
import { configMaps, deployments, nodes, pods } from "./resources.ts";

test("paths of core and grouped, namespaced and cluster-wide resources and subresources", () => {
  assert.equal(targetPath({ resource: nodes }), "/api/v1/nodes");
  assert.equal(targetPath({ resource: pods }), "/api/v1/pods");
  assert.equal(targetPath({ resource: deployments, namespace: "ns", name: "web", subresource: "scale" }), "/apis/apps/v1/namespaces/ns/deployments/web/scale");
  assert.equal(targetPath({ resource: pods, namespace: "ns", name: "a b" }), "/api/v1/namespaces/ns/pods/a%20b");
});

test("options become query parameters under Kubernetes' names", () => {
  const target = { resource: pods, namespace: "ns" };
  assert.equal(
    apiRequest.list(target, { labelSelector: "a=b,c in (d)", limit: 5 }).path,
    "/api/v1/namespaces/ns/pods?labelSelector=a%3Db%2Cc+in+%28d%29&limit=5",
  );
  assert.equal(
    apiRequest.watch(target, { sendInitialEvents: true, resourceVersion: "", resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: true }).path,
    "/api/v1/namespaces/ns/pods?resourceVersion=&resourceVersionMatch=NotOlderThan&watch=true&allowWatchBookmarks=true&sendInitialEvents=true",
  );
  assert.equal(
    apiRequest.patch({ ...target, name: "a" }, {}, { type: "apply", fieldManager: "m", force: true, dryRun: true }).path,
    "/api/v1/namespaces/ns/pods/a?fieldManager=m&dryRun=All&force=true",
  );
});

test("bodies name their kind; a subresource's own body is left alone", () => {
  assert.deepEqual(apiRequest.create({ resource: configMaps, namespace: "ns" }, { metadata: { name: "a" } }, {}).body, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a" },
  });
  const binding = { apiVersion: "v1", kind: "Binding", target: { name: "node" } };
  assert.equal(apiRequest.create({ resource: pods, namespace: "ns", name: "a", subresource: "binding" }, binding, {}).body, binding);
  assert.deepEqual(apiRequest.delete({ resource: pods, namespace: "ns", name: "a" }, { gracePeriodSeconds: 0, preconditions: { uid: "u" } }).body, {
    apiVersion: "v1",
    kind: "DeleteOptions",
    gracePeriodSeconds: 0,
    preconditions: { uid: "u" },
  });
});
