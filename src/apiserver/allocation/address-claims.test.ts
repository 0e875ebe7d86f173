import assert from "node:assert/strict";
import { test } from "node:test";
import { events, ipAddresses, services } from "../../client/resources.ts";
import { StatusError } from "../../machinery/status.ts";
import { createCluster } from "../../testing/create-cluster.ts";

test("cluster IPs have IPAddress objects, through the whole server", async () => {
  await using cluster = await createCluster({ nodes: 0 });
  const addresses = cluster.client.of(ipAddresses);
  const shop = cluster.client.of(services).in("default");
  const names = async () => (await addresses.list()).items.map(({ metadata, spec }) => `${metadata.name} ${spec.parentRef.namespace}/${spec.parentRef.name}`);
  assert.deepEqual(await names(), ["10.96.0.1 default/kubernetes"]);

  const created = await shop.create({ metadata: { name: "web" }, spec: { clusterIP: "10.96.0.77", ports: [{ port: 80 }] } });
  assert.deepEqual(await names(), ["10.96.0.1 default/kubernetes", "10.96.0.77 default/web"]);
  assert.deepEqual((await addresses.get("10.96.0.77")).metadata.labels, {
    "ipaddress.kubernetes.io/ip-family": "IPv4",
    "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
  });

  await assert.rejects(
    shop.create({ metadata: { name: "bad port" }, spec: { clusterIP: "10.96.0.78", ports: [{ port: 80 }] } }),
    (error: unknown) => error instanceof StatusError && error.code === 422,
  );
  await addresses.create({ metadata: { name: "10.96.0.79" }, spec: { parentRef: { group: "example.com", resource: "balancers", name: "mine" } } });
  await assert.rejects(
    shop.create({ metadata: { name: "taken" }, spec: { clusterIP: "10.96.0.79", ports: [{ port: 80 }] } }),
    /provided IP is already allocated/,
  );
  await shop.create({ metadata: { name: "dry" }, spec: { ports: [{ port: 80 }] } }, { dryRun: true });
  assert.equal((await names()).length, 3);

  await addresses.delete("10.96.0.77");
  const told = async () =>
    (
      await cluster.client
        .of(events)
        .in("default")
        .list({ fieldSelector: `involvedObject.uid=${created.metadata.uid}` })
    ).items.map(({ reason }) => reason);
  const deadline = Date.now() + 10_000;
  while ((await told()).length === 0) {
    assert.ok(Date.now() < deadline, "an IPAddress that is deleted under its Service comes back");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(await told(), ["ClusterIPNotAllocated"]);
  assert.ok((await names()).includes("10.96.0.77 default/web"));
  await shop.delete("web");
  assert.deepEqual((await names()).length, 2);
});
