import assert from "node:assert/strict";
import { test } from "node:test";
import { newClusterConfig, nodeAddress } from "./config.ts";
import { freeClusterIndex } from "./network.ts";

test("a new cluster takes the first index whose subnets nobody uses", () => {
  assert.equal(freeClusterIndex([], []), 0);
  assert.equal(freeClusterIndex(["10.89.0.0/24"], []), 1);
  assert.equal(freeClusterIndex(["10.129.3.0/24"], [0]), 2);
  assert.throws(() => freeClusterIndex(["10.0.0.0/8"], []), /coracle down/);
});

test("node addresses follow the order of the nodes", () => {
  const config = newClusterConfig({ name: "a", dataDir: "/x", nodeCount: 3, index: 5 });
  assert.deepEqual(
    config.nodes.map((node) => nodeAddress(config, node)),
    ["10.89.5.11", "10.89.5.12", "10.89.5.13"],
  );
});
