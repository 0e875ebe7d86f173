import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadClusterConfig, newClusterConfig, saveClusterConfig } from "./config.ts";
import { writeKubeconfig } from "./kubeconfig.ts";

const options = { name: "c", server: "https://192.0.2.1:6443", ca: "ca", client: { certificate: "certificate", key: "key" } };

test("files that are as they should be are left alone: a cluster is repaired on a full disk too", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "coracle-kubeconfig-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [kubeconfig, config] = [join(folder, "kubeconfig"), join(folder, "cluster.json")];
  const cluster = newClusterConfig({ name: "c", dataDir: folder, nodeCount: 1, index: 3 });
  const write = async (server: string) => {
    writeKubeconfig(kubeconfig, { ...options, server });
    await saveClusterConfig(config, { ...cluster, nodes: [server] });
    return [kubeconfig, config].map((file) => statSync(file).ino);
  };
  const first = await write("https://192.0.2.1:6443");
  assert.deepEqual(await write("https://192.0.2.1:6443"), first);
  const second = await write("https://192.0.2.2:6443");
  assert.ok(
    second.every((inode, index) => inode !== first[index]),
    "replaced whole",
  );
  assert.equal(statSync(kubeconfig).mode & 0o777, 0o600);
  assert.deepEqual((await loadClusterConfig(config))?.nodes, ["https://192.0.2.2:6443"]);
  writeFileSync(kubeconfig, "");
  await write("https://192.0.2.2:6443");
  assert.ok(statSync(kubeconfig).size > 0, "what is broken is mended");
  assert.deepEqual(readdirSync(folder).sort(), ["cluster.json", "kubeconfig"]);
});
