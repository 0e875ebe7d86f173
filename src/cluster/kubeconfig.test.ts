import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { dump, load } from "js-yaml";
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

test("what users keep in the file stays: namespaces, other clusters, the current context", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "coracle-kubeconfig-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "kubeconfig");
  writeKubeconfig(file, options);
  const made = load(readFileSync(file, "utf8")) as Record<string, Record<string, Record<string, unknown>>[]>;
  const others = {
    cluster: { name: "other", cluster: { server: "https://192.0.2.9:6443" } },
    user: { name: "other", user: { token: "t" } },
    context: { name: "other", context: { cluster: "other", user: "other" } },
  };
  const edited = {
    ...made,
    preferences: { colors: true },
    clusters: [others.cluster, { name: "c", cluster: { ...made["clusters"]![0]!["cluster"], "proxy-url": "http://proxy" } }],
    users: [...made["users"]!, others.user],
    contexts: [{ name: "c", context: { ...made["contexts"]![0]!["context"], namespace: "shop" } }, others.context],
    "current-context": "other",
  };
  writeFileSync(file, dump(edited));
  const { ino } = statSync(file);
  writeKubeconfig(file, options);
  assert.equal(statSync(file).ino, ino, "nothing is to be made right");
  writeKubeconfig(file, { ...options, server: "https://192.0.2.2:6443", ca: "new" });
  const ca = { "certificate-authority-data": Buffer.from("new").toString("base64") };
  const cluster = { server: "https://192.0.2.2:6443", "proxy-url": "http://proxy", ...ca };
  assert.deepEqual(load(readFileSync(file, "utf8")), { ...edited, clusters: [others.cluster, { name: "c", cluster }] });
  writeFileSync(file, dump({ ...edited, contexts: [], users: null, "current-context": "gone" }));
  writeKubeconfig(file, options);
  const mended = load(readFileSync(file, "utf8")) as typeof made;
  assert.deepEqual([mended["contexts"], mended["users"], mended["current-context"]], [made["contexts"], made["users"], "c"]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, "contexts: [unfinished");
  writeKubeconfig(file, options);
  assert.deepEqual(load(readFileSync(file, "utf8")), made);
  assert.equal(readFileSync(`${file}.broken`, "utf8"), "contexts: [unfinished");
});
