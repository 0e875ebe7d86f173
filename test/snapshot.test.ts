/**
 * One cluster through everything that can happen to its store: saved while it runs, damaged, lost, restored onto a machine
 * without it, moved to an etcd and back up each time with its objects, its keys and its pods.
 */
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { layoutOf } from "../src/cluster/layout.ts";
import { systemEtcd } from "../src/storage/etcd/etcd-installations.ts";
import { type RealEtcd, startEtcd } from "../src/storage/etcd/real-etcd.ts";
import { eventually, type Output, run, startTestCluster, type TestCluster, whyNoCluster } from "./support/cluster.ts";

const pod = `apiVersion: v1
kind: Pod
metadata: {name: worker}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: coracle.local/busybox:1
    command: [sh, -c, "echo $(cat /secret/word); exec sleep 1000000"]
    volumeMounts: [{name: secret, mountPath: /secret}]
  volumes: [{name: secret, secret: {secretName: word}}]
`;
const encryption = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers: [{aesgcm: {keys: [{name: one, secret: ${Buffer.alloc(32, 7).toString("base64")}}]}}]
`;

const cli = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
/** A look at a file: no cluster is asked. */
const statusOf = (file: string, ...flags: string[]) => run(process.execPath, [cli, "snapshot", "status", file, ...flags]);

function succeeded({ code, stdout, stderr }: Output): string {
  assert.equal(code, 0, `${stdout}${stderr}`);
  return stdout;
}

describe("a cluster's store, saved and lost", { skip: whyNoCluster(), concurrency: false }, () => {
  let cluster: TestCluster;
  let folder: string;
  let file: string;
  let etcd: RealEtcd | undefined;
  const word = async () => Buffer.from(await cluster.kubectl("get secret word -o jsonpath={.data.word}"), "base64").toString();
  const containerOf = () => cluster.kubectl("get pod worker -o jsonpath={.status.containerStatuses[0].containerID}");

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "coracle-snapshots-"));
    file = join(folder, "saved.snapshot");
    const config = join(folder, "encryption.yaml");
    writeFileSync(config, encryption);
    cluster = await startTestCluster("snap", 1, ["--encryption-config", config]);
    succeeded(await cluster.coracle("snapshot", "schedule", "--every", "1m", "--keep", "2", "--dir", join(folder, "scheduled")));
    await cluster.kubectl("create secret generic word --from-literal=word=swordfish");
    await cluster.kubectl("create configmap kept --from-literal=a=saved");
    await cluster.kubectl("apply -f -", { input: pod });
    await cluster.kubectl("wait --for=condition=Ready pod/worker --timeout=60s");
  });
  after(async () => {
    await cluster?.remove();
    await etcd?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a running cluster is saved, and the file tells what it holds", async () => {
    assert.match(
      succeeded(await cluster.coracle("snapshot", "save", file)),
      /Saving cluster .*\n.* keys at revision \d+, \d+ bytes, SHA-256 [0-9a-f]{64}\n.*private keys/s,
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const status = JSON.parse(succeeded(await statusOf(file, "-o", "json")));
    assert.equal(status.cluster, cluster.name);
    assert.ok(status.keys > 100 && status.files.includes("pki/ca.key") && status.files.includes("config/encryption-config.yaml"), JSON.stringify(status));
    assert.ok(!readFileSync(file).includes("swordfish"), "what the store holds encrypted stays so");
    await cluster.kubectl("create configmap later --from-literal=a=b");
    await cluster.kubectl("delete configmap kept");
    const damaged = join(folder, "damaged.snapshot");
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
    writeFileSync(damaged, bytes);
    const refusal = await statusOf(damaged);
    assert.deepEqual([refusal.code, /cannot use snapshot .* is not as it was written/.test(refusal.stderr)], [1, true], refusal.stderr);
  });

  test("snapshots come by schedule, and status tells of them", async () => {
    const row = await eventually(async () => {
      const report = JSON.parse((await cluster.coracle("status", "-o", "json")).stdout) as { components: { name: string; health: string; message: string }[] };
      return report.components.find(({ name, message }) => name === "snapshots" && message.startsWith("last "));
    }, 20_000);
    assert.equal(row.health, "healthy");
    assert.match(succeeded(await cluster.coracle("snapshot", "schedule")), /every 1m .* newest 2 /);
    assert.match(succeeded(await cluster.coracle("snapshot", "schedule", "--off")), /No snapshots are scheduled/);
  });

  test("a damaged store is refused with the ways back", async () => {
    const refused = await cluster.coracle("snapshot", "restore", file, "--force");
    assert.match(refused.stderr, /the cluster runs \(control-plane, node-1\); `coracle down --name snap-\w+` first/);
    succeeded(await cluster.coracle("down"));
    succeeded(await cluster.coracle("store", "verify"));
    const store = join(layoutOf(cluster).store, "store.db");
    const bytes = readFileSync(store);
    writeFileSync(store, bytes.fill(0xa5, 3 * 8192, 6 * 8192));
    const verified = await cluster.coracle("store", "verify");
    assert.deepEqual([verified.code, /Damaged: .*snapshot restore FILE --force.*store salvage/s.test(verified.stdout)], [1, true], verified.stdout);
    const up = await cluster.coracle("up");
    assert.equal(up.code, 1);
    assert.match(`${up.stdout}${up.stderr}`, /coracle snapshot restore FILE --force.*coracle store salvage/s);
  });

  test("restored onto a machine without it, the cluster is what it was", async () => {
    const before = join(folder, "kubeconfig");
    copyFileSync(cluster.kubeconfig, before);
    succeeded(await cluster.coracle("down", "--purge"));
    assert.match(succeeded(await cluster.coracle("snapshot", "restore", file)), /is as it was at .* revision \d+/);
    succeeded(await cluster.coracle("up"));
    assert.equal(
      await cluster.kubectl("get configmap kept -o jsonpath={.data.a}", { env: { KUBECONFIG: before } }),
      "saved",
      "its clients are not turned away",
    );
    assert.match((await cluster.tryKubectl("get configmap later")).stderr, /NotFound/);
    assert.equal(await word(), "swordfish", "encrypted objects can be read");
    await cluster.kubectl("wait --for=condition=Ready pod/worker --timeout=60s");
    await eventually(async () => ((await cluster.kubectl("logs worker")) === "swordfish\n" ? true : undefined));
    assert.ok(Number(await cluster.kubectl("get configmap kept -o jsonpath={.metadata.resourceVersion}")) < 1e6, "what did not change keeps its version");
    await cluster.kubectl("annotate configmap kept a=b");
    assert.ok(Number(await cluster.kubectl("get configmap kept -o jsonpath={.metadata.resourceVersion}")) > 1e9);
  });

  test("it moves to an etcd and goes on there", systemEtcd.options, async () => {
    etcd = await startEtcd();
    succeeded(await cluster.coracle("down"));
    assert.match(
      succeeded(await cluster.coracle("snapshot", "migrate", "--to", "etcd", "--etcd-endpoints", etcd.endpoint)),
      /keys lie in etcd now, the same as before/,
    );
    succeeded(await cluster.coracle("up"));
    assert.equal(await word(), "swordfish");
    assert.ok(await containerOf());
    const resourceVersion = Number(await cluster.kubectl("get configmap kept -o jsonpath={.metadata.resourceVersion}"));
    assert.ok(resourceVersion > 1e9, `${resourceVersion}`);
    await cluster.kubectl("wait --for=condition=Ready pod/worker --timeout=60s");
    assert.match(succeeded(await cluster.coracle("snapshot", "save", join(folder, "from-etcd.snapshot"))), /keys at revision \d+/);
    assert.match(succeeded(await statusOf(join(folder, "from-etcd.snapshot"))), /store +etcd/);
  });
});
