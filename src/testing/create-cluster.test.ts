import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments, pods } from "../client/resources.ts";
import { createCluster } from "./create-cluster.ts";

test("a cluster is one function call away, and its pods run", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  await cluster.ready();
  const labels = { app: "web" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  await cluster.client
    .of(deployments)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { replicas: 3, selector: { matchLabels: labels }, template } });
  const running = new Set<string>();
  for await (const { type, object } of await cluster.client.of(pods).in("default").watch({ labelSelector: "app=web" })) {
    if (type !== "BOOKMARK" && object.status?.phase === "Running") running.add(object.metadata.name);
    if (running.size === 3) break;
  }
  assert.equal(running.size, 3);
});

test("a cluster stopped as soon as it is made ends without complaint", async () => {
  const cluster = await createCluster();
  await cluster.stop();
});

test("users without a role may do nothing", async () => {
  await using cluster = await createCluster({ nodes: 0 });
  await assert.rejects(cluster.clientFor("nobody").of(pods).in("default").list(), /pods is forbidden: User "nobody" cannot list resource "pods"/);
});
