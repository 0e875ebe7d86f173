import assert from "node:assert/strict";
import { test } from "node:test";
import { nodes } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { testNode } from "../shared/test-objects.ts";
import { CidrSet } from "./cidr-set.ts";
import { nodeIpamController } from "./node-ipam-controller.ts";

test("blocks are handed out lowest first, each once, and rest after release", () => {
  const set = new CidrSet("10.0.0.0/22", 24);
  assert.equal(set.occupy("10.0.1.0/24"), true);
  assert.equal(set.occupy("10.9.0.0/24"), false);
  assert.deepEqual([set.allocate(), set.allocate()], ["10.0.0.0/24", "10.0.2.0/24"]);
  set.release("10.0.0.0/24");
  assert.deepEqual([set.allocate(), set.allocate(), set.allocate()], ["10.0.3.0/24", "10.0.0.0/24", undefined]);
});

test("IPv6 blocks, and masks that do not fit", () => {
  assert.equal(new CidrSet("fd00::/48", 64).allocate(), "fd00::/64");
  assert.throws(() => new CidrSet("10.0.0.0/24", 16), /the mask must be between \/24 and \/40/);
  assert.throws(() => new CidrSet("10.0.0.0", 24), /not a CIDR/);
});

test("every node gets a block of its own; blocks of before a restart are respected, those of deleted nodes come back", async () => {
  const { api, start, settle, end, events } = controllerScene();
  api.put(nodes, testNode("old", { spec: { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"] } }));
  api.put(nodes, testNode("a"));
  await start(nodeIpamController({ podSubnet: "10.0.0.0/23" }));
  const blocks = () => Object.fromEntries(api.all(nodes).map((node) => [node.metadata.name, node.spec.podCIDRs?.join()]));
  assert.deepEqual(blocks(), { old: "10.0.0.0/24", a: "10.0.1.0/24" });
  api.put(nodes, testNode("b"));
  await settle();
  assert.deepEqual([blocks()["b"], events[0]], [undefined, "CIDRNotAvailable: Node b status is now: CIDRNotAvailable"]);
  api.remove(nodes, "", "old");
  await settle(10_000);
  assert.equal(blocks()["b"], "10.0.0.0/24");
  await end();
});

test("dual stack gives a block of each family", async () => {
  const { api, start, end } = controllerScene();
  api.put(nodes, testNode("a"));
  await start(nodeIpamController({ podSubnet: "10.0.0.0/16,fd00::/48" }));
  assert.deepEqual(api.all(nodes)[0]?.spec, { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24", "fd00::/64"] });
  await end();
});
