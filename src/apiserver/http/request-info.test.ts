import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestInfo } from "../contract.ts";
import { parseRequestInfo } from "./request-info.ts";

const cases: readonly (readonly [method: string, url: string, expected: Partial<RequestInfo>])[] = [
  ["GET", "/", { isResourceRequest: false, verb: "get" }],
  ["GET", "/api", { isResourceRequest: false }],
  ["GET", "/api/v1", { isResourceRequest: false }],
  ["GET", "/apis/apps/v1", { isResourceRequest: false }],
  ["POST", "/healthz", { isResourceRequest: false, verb: "post" }],
  ["GET", "/api/v1/pods", { verb: "list", group: "", version: "v1", resource: "pods", namespace: "", name: "" }],
  ["GET", "/api/v1/pods?watch=true", { verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=0", { verb: "list" }],
  ["GET", "/api/v1/watch/pods", { verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/watch/namespaces/a/pods/b", { verb: "watch", resource: "pods", namespace: "a", name: "b" }],
  ["GET", "/api/v1/namespaces/a/pods", { verb: "list", namespace: "a", resource: "pods" }],
  ["DELETE", "/api/v1/namespaces/a/pods", { verb: "deletecollection" }],
  ["DELETE", "/api/v1/namespaces/a/pods/b", { verb: "delete", name: "b" }],
  ["GET", "/api/v1/namespaces/a", { verb: "get", resource: "namespaces", namespace: "a", name: "a", subresource: "" }],
  ["PUT", "/api/v1/namespaces/a/finalize", { verb: "update", resource: "namespaces", name: "a", namespace: "a", subresource: "finalize" }],
  ["GET", "/api/v1/namespaces/a/status", { resource: "namespaces", subresource: "status" }],
  ["PATCH", "/apis/apps/v1/namespaces/a/deployments/b/scale", { verb: "patch", group: "apps", resource: "deployments", name: "b", subresource: "scale" }],
  ["GET", "/api/v1/namespaces/a/pods/b/proxy/some/p%20ath/", { subresource: "proxy", rest: "some/p%20ath" }],
  ["GET", "/api/v1/nodes/n%3A1/proxy", { name: "n:1", subresource: "proxy", rest: "" }],
  ["GET", "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db", { verb: "list", name: "b" }],
  ["HEAD", "/api/v1/namespaces/a/pods/b", { verb: "get", name: "b" }],
  ["GET", "/api/v1/namespaces/a/pods/%zz", { name: "%zz" }],
  // An escaped slash separates like any other, and what is empty between two of them counts.
  ["GET", "/api/v1/namespaces/a%2Fpods/b", { verb: "get", namespace: "a", resource: "pods", name: "b" }],
  ["GET", "/%61pi/v1/pods", { verb: "list", apiPrefix: "api", resource: "pods" }],
  ["DELETE", "/api/v1//pods", { verb: "delete", resource: "", name: "pods" }],
  ["GET", "/api/v1/pods?watch=FALSE", { verb: "list" }],
  ["GET", "/api/v1/pods?watch=", { verb: "watch" }],
  ["GET", "/api/v1/watch/pods?fieldSelector=metadata.name%3Db", { verb: "watch", name: "" }],
  ["GET", "/api/v1/proxy/nodes/n/stats/x", { verb: "proxy", resource: "nodes", name: "n", subresource: "", rest: "stats/x" }],
];

for (const [method, url, expected] of cases) {
  test(`${method} ${url}`, () => {
    const [path = "", query = ""] = url.split("?");
    const info = parseRequestInfo(method, path, new URLSearchParams(query));
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, info[key as keyof RequestInfo]])), expected);
  });
}
