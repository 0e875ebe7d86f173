import assert from "node:assert/strict";
import { test } from "node:test";
import { cniConfig } from "./pod-network.ts";

test("the CNI configuration hands out the node's pod CIDR, and pods may reach themselves through their Service", () => {
  const [bridge, portmap] = JSON.parse(cniConfig("10.1.0.0/24", "/run/x")).plugins;
  assert.equal(bridge.ipam.ranges[0][0].subnet, "10.1.0.0/24");
  assert.equal(bridge.ipam.dataDir, "/run/x");
  assert.equal(bridge.hairpinMode, true);
  assert.equal(portmap.capabilities.portMappings, true);
});
