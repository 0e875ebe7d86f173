/** Quotas, volumes and their protections against the real API server, admission and roles. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  events,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  resourceQuotas,
  secrets,
  serviceAccounts,
  volumeAttributesClasses,
} from "../../client/resources.ts";
import { createCluster, type InProcessCluster } from "../../testing/create-cluster.ts";

let cluster: InProcessCluster;
before(async () => {
  cluster = await createCluster({ nodes: 1 });
  await cluster.ready();
});
after(() => cluster.stop());

async function eventually<T>(what: string, ready: () => Promise<T | undefined | false | null>, seconds = 15): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    const found = await ready();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

const claimSpec = { accessModes: ["ReadWriteOnce"], storageClassName: "manual", resources: { requests: { storage: "1Gi" } } };
const volumeSpec = {
  accessModes: ["ReadWriteOnce"],
  storageClassName: "manual",
  capacity: { storage: "2Gi" },
  csi: { driver: "d", volumeHandle: "h" },
} as never;

test("a quota is counted as objects come and go, and a client may write its status", async () => {
  const quotas = cluster.client.of(resourceQuotas).in("default");
  await quotas.create({ metadata: { name: "q" }, spec: { hard: { pods: "5", cpu: "1", secrets: "10", resourcequotas: "1", "count/replicasets.apps": "5" } } });
  const used = async () => (await quotas.get("q")).status?.used;
  await eventually("the first count", async () => (await used())?.["resourcequotas"] === "1");
  const resources = { requests: { cpu: "250m" } };
  await cluster.client
    .of(pods)
    .in("default")
    .create({ metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i", resources }] } });
  await cluster.client
    .of(secrets)
    .in("default")
    .create({ metadata: { name: "s" } });
  await eventually("pod and secret", async () => (await used())?.["pods"] === "1" && (await used())?.["secrets"] === "1");
  assert.deepEqual(await used(), { pods: "1", cpu: "250m", secrets: "1", resourcequotas: "1", "count/replicasets.apps": "0" });
  await cluster.client.of(pods).in("default").delete("p", { gracePeriodSeconds: 0 });
  await eventually("the pod's release", async () => (await used())?.["pods"] === "0");
  const spoiled = await quotas.patch("q", { status: { hard: { pods: "99" } } }, { type: "merge" }, "status");
  assert.equal(spoiled.status?.hard?.["pods"], "99");
  await quotas.delete("q");
});

test("a claim is bound, outlives its pod, and releases its volume; both go when deleted", async () => {
  const volumes = cluster.client.of(persistentVolumes);
  const claims = cluster.client.of(persistentVolumeClaims).in("default");
  const all = cluster.client.of(pods).in("default");
  await claims.create({ metadata: { name: "c" }, spec: claimSpec });
  await eventually("the claim told that nothing fits it", async () => {
    const told = await cluster.client.of(events).in("default").list({ fieldSelector: "involvedObject.name=c,source=persistentvolume-controller" });
    return told.items.some((event) => event.reason === "ProvisioningFailed");
  });
  await volumes.create({ metadata: { name: "v" }, spec: volumeSpec });
  const bound = await eventually("Bound", async () => {
    const claim = await claims.get("c");
    return claim.status?.phase === "Bound" && claim;
  });
  assert.deepEqual([bound.spec.volumeName, bound.status?.capacity], ["v", { storage: "2Gi" }]);
  assert.deepEqual([(await volumes.get("v")).status?.phase, (await volumes.get("v")).spec.claimRef?.uid], ["Bound", bound.metadata.uid]);
  await eventually("account", () => cluster.client.of(serviceAccounts).in("default").find("default"));
  const spec = { nodeName: "node-1", containers: [{ name: "c", image: "i" }], volumes: [{ name: "data", persistentVolumeClaim: { claimName: "c" } }] };
  await all.create({ metadata: { name: "user" }, spec });
  await claims.delete("c");
  await volumes.delete("v");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.notEqual((await claims.get("c")).metadata.deletionTimestamp, undefined);
  assert.notEqual((await volumes.get("v")).metadata.deletionTimestamp, undefined);
  await all.delete("user", { gracePeriodSeconds: 0 });
  await eventually("both gone", async () => (await claims.find("c")) === undefined && (await volumes.find("v")) === undefined);
});

test("an attributes class nobody uses goes", async () => {
  const classes = cluster.client.of(volumeAttributesClasses);
  await classes.create({ metadata: { name: "gold" }, driverName: "d.example.com", parameters: { a: "b" } });
  assert.deepEqual((await classes.get("gold")).metadata.finalizers, ["kubernetes.io/vac-protection"]);
  await classes.delete("gold");
  await eventually("its end", async () => (await classes.find("gold")) === undefined);
});

test("a pod's ephemeral volume has a claim that goes with it", async () => {
  const claims = cluster.client.of(persistentVolumeClaims).in("default");
  const volumes = [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: claimSpec } } }];
  await cluster.client
    .of(pods)
    .in("default")
    .create({ metadata: { name: "e" }, spec: { containers: [{ name: "c", image: "i" }], volumes } });
  const claim = await eventually("the claim", () => claims.find("e-scratch"));
  assert.deepEqual([claim.metadata.ownerReferences?.[0]?.name, claim.spec.storageClassName], ["e", "manual"]);
  await cluster.client.of(pods).in("default").delete("e", { gracePeriodSeconds: 0 });
  await eventually("its end", async () => (await claims.find("e-scratch")) === undefined);
});

test("an expired bootstrap token goes", async () => {
  const tokens = cluster.client.of(secrets).in("kube-system");
  const data = { "token-id": "abcdef", "token-secret": "0123456789abcdef", expiration: "2020-01-01T00:00:00Z" };
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)]));
  await tokens.create({ metadata: { name: "bootstrap-token-abcdef" }, type: "bootstrap.kubernetes.io/token", data: encoded });
  await eventually("its end", async () => (await tokens.find("bootstrap-token-abcdef")) === undefined);
});
