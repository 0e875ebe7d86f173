import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../api/core/v1/node.ts";
import { routeChanges, wantedRoutes } from "./node-routes.ts";

function node(name: string, podCIDR?: string, address?: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name },
    spec: podCIDR === undefined ? {} : { podCIDR },
    status: { addresses: address === undefined ? [] : [{ type: "InternalIP", address }] },
  };
}

test("every node whose pod CIDR and address are known gets a route, but for the machine's own", () => {
  const all = [node("a", "10.1.0.0/24", "10.0.0.1"), node("b", "10.1.1.0/24", "10.0.0.2"), node("c"), node("d", "10.1.3.0/24")];
  assert.deepEqual(wantedRoutes(all, "a"), [{ destination: "10.1.1.0/24", via: "10.0.0.2" }]);
  assert.equal(wantedRoutes(all).length, 2);
});

test("a pod CIDR that moves to another node is removed before it is added", () => {
  const old = { destination: "10.1.1.0/24", via: "10.0.0.2" };
  const moved = { destination: "10.1.1.0/24", via: "10.0.0.9" };
  const kept = { destination: "10.1.2.0/24", via: "10.0.0.3" };
  assert.deepEqual(routeChanges([old, kept], [kept, moved]), [
    { type: "remove", route: old },
    { type: "add", route: moved },
  ]);
});
