import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../api/core/v1/node.ts";
import { cniConfig, routeChanges, wantedRoutes } from "./pod-network.ts";

function node(name: string, podCIDR?: string, address?: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name },
    spec: podCIDR === undefined ? {} : { podCIDR },
    status: { addresses: address === undefined ? [] : [{ type: "InternalIP", address }] },
  };
}

test("a node routes to every other node whose pod CIDR and address are known", () => {
  const all = [node("a", "10.1.0.0/24", "10.0.0.1"), node("b", "10.1.1.0/24", "10.0.0.2"), node("c"), node("d", "10.1.3.0/24")];
  assert.deepEqual(wantedRoutes(all, "a"), [{ destination: "10.1.1.0/24", via: "10.0.0.2" }]);
  assert.equal(wantedRoutes(all, undefined).length, 2, "the API server's machine has routes to all");
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

test("the CNI configuration hands out the node's pod CIDR", () => {
  const config = JSON.parse(cniConfig("10.1.0.0/24", "/run/x"));
  assert.equal(config.plugins[0].ipam.ranges[0][0].subnet, "10.1.0.0/24");
});
