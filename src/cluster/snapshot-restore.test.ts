/** Clusters on disk only: what is refused, what is set aside, what comes along, and what a restored store begins with. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { get, put } from "../storage/contract-tools.ts";
import { etcdInstallations } from "../storage/etcd/etcd-installations.ts";
import { connectEtcdStore } from "../storage/etcd/etcd-store.ts";
import { type RealEtcd, startEtcd } from "../storage/etcd/real-etcd.ts";
import type { VerifiedSnapshot } from "../storage/snapshot/index.ts";
import { openSqliteStore } from "../storage/sqlite/index.ts";
import { CompactedError, prefixEnd, type Store } from "../storage/store.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { snapshotCluster, snapshotPath } from "./cluster-snapshot.ts";
import { type ClusterConfig, loadClusterConfig, newClusterConfig, saveClusterConfig } from "./config.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { openStore, storeFile } from "./open-store.ts";
import { ensurePki } from "./pki.ts";
import { writeRecord } from "./processes.ts";
import type { Progress } from "./progress.ts";
import { migrateCluster } from "./snapshot-migrate.ts";
import { type RestoreOptions, restoreCluster, revisionAfterRestore } from "./snapshot-restore.ts";
import { systemClock as clock } from "./system-clock.ts";

const { signal } = new AbortController();
const silent: Progress = { step: (_title, work) => work(() => undefined), note() {} };
const surroundings = { progress: silent, clock, logger: silentLogger, signal };
const KEYS = 30;

let root: string;

before(() => {
  root = mkdtempSync(join(tmpdir(), "coracle-restore-"));
});
after(() => rmSync(root, { recursive: true }));

const selectionOf = (name: string) => ({ name, dataDir: join(root, name) });

async function withObjects<T>(layout: Layout, body: (store: Store) => Promise<T>): Promise<T> {
  const config = await loadClusterConfig(layout.configFile);
  assert.ok(config);
  const store = await openStore(config.store, { folder: layout.store, clock, logger: silentLogger });
  try {
    return await body(store);
  } finally {
    await store.close();
  }
}

/** A cluster that has run and is down. */
async function makeCluster(name: string): Promise<{ config: ClusterConfig; layout: Layout }> {
  const layout = layoutOf(selectionOf(name));
  const encryptionConfig = join(root, `${name}-encryption.yaml`);
  writeFileSync(encryptionConfig, "kind: EncryptionConfiguration\n");
  const tokenAuthFile = join(root, `${name}-tokens.csv`);
  writeFileSync(tokenAuthFile, "abc,jane,7\n");
  const apiServer = { tokenAuthFile, auditLogMaxage: 3 };
  const config = { ...newClusterConfig({ ...selectionOf(name), nodeCount: 2, index: 9 }), encryptionConfig, apiServer };
  await saveClusterConfig(layout.configFile, config);
  await ensurePki(layout.pki, { now: clock.now(), nodes: [], apiServerNames: ["localhost"], apiServerAddresses: ["127.0.0.1"] });
  await withObjects(layout, async (store) => {
    for (let index = 0; index < KEYS; index++) await put(store, `/registry/things/${index}`, `${name} ${index}`);
  });
  return { config, layout };
}

async function snapshotOf(config: ClusterConfig, layout: Layout): Promise<VerifiedSnapshot> {
  return snapshotCluster({ config, layout, clock, logger: silentLogger, path: snapshotPath(layout, config.name, clock.now()), signal });
}

const restore = (file: string, options: Partial<RestoreOptions> = {}) => restoreCluster({ file, force: false, ...options }, surroundings);
const contentsOf = async (store: Store) =>
  (await store.range({ start: "/registry/", end: prefixEnd("/registry/") })).kvs.map((kv) => Buffer.from(kv.value).toString());

test("a cluster comes back elsewhere with its objects, keys, configuration and the files that names", async () => {
  const { config, layout } = await makeCluster("whole");
  const snapshot = await snapshotOf(config, layout);
  assert.equal(statSync(snapshot.path).mode & 0o777, 0o600);
  const dataDir = join(root, "elsewhere");
  const restored = await restore(snapshot.path, { name: "other", dataDir });
  const there = layoutOf({ name: "other", dataDir });
  const apiServer = { ...config.apiServer, tokenAuthFile: join(dataDir, "config/api-server/tokenAuthFile") };
  const expected = { ...config, name: "other", dataDir, encryptionConfig: join(dataDir, "config/encryption-config.yaml"), apiServer };
  assert.deepEqual(await loadClusterConfig(there.configFile), expected);
  assert.equal(readFileSync(expected.encryptionConfig, "utf8"), "kind: EncryptionConfiguration\n");
  assert.equal(readFileSync(apiServer.tokenAuthFile, "utf8"), "abc,jane,7\n");
  for (const file of readdirSync(layout.pki)) {
    assert.ok(readFileSync(join(layout.pki, file)).equals(readFileSync(join(there.pki, file))), file);
    assert.equal(statSync(join(there.pki, file)).mode & 0o777, 0o600, file);
  }
  assert.equal(statSync(there.pki).mode & 0o777, 0o700);
  assert.equal(restored.replaced, undefined);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.startsWith(".")),
    [],
  );
  await withObjects(there, async (store) => {
    assert.equal((await contentsOf(store)).length, KEYS);
    assert.equal((await get(store, "/registry/things/3"))?.modRevision, 5, "objects keep their resource versions");
    await assert.rejects(store.range({ start: "/registry/", revision: snapshot.revision }), CompactedError);
    assert.equal(await put(store, "/registry/new", ""), restored.revision + 1);
  });
});

test("a cluster that is there is not touched without --force, and set aside with it", async () => {
  const { config, layout } = await makeCluster("there");
  const snapshot = await snapshotOf(config, layout);
  await withObjects(layout, (store) => put(store, "/registry/things/later", "later"));
  await assert.rejects(
    restore(snapshot.path, selectionOf("there")),
    /cannot restore cluster "there": there is one already \(.*cluster.json, .*store, .*pki\); --force sets it aside/,
  );
  assert.equal((await withObjects(layout, contentsOf)).length, KEYS + 1);
  const { replaced } = await restore(snapshot.path, { ...selectionOf("there"), force: true });
  assert.equal((await withObjects(layout, contentsOf)).length, KEYS);
  assert.ok(existsSync(snapshot.path), "snapshots stay where they are");
  const aside = await openSqliteStore({ path: storeFile(join(replaced ?? "", "store")), clock, logger: silentLogger });
  assert.equal((await contentsOf(aside)).length, KEYS + 1);
  await aside.close();
});

test("a cluster that runs is not touched even with --force", { skip: process.getuid?.() === 0 ? false : "needs root" }, async () => {
  const name = `running-${process.pid}`;
  const { config, layout } = await makeCluster(name);
  const snapshot = await snapshotOf(config, layout);
  const force = { ...selectionOf(name), force: true };
  writeRecord(layout.run, "node-2", process.pid);
  try {
    await assert.rejects(
      restore(snapshot.path, force),
      /cannot restore cluster "running-\d+": the cluster runs \(node-2\); `coracle down --name running-\d+` first/,
    );
  } finally {
    rmSync(layout.run, { recursive: true });
  }
  // Somebody else, `coracle etcd-serve` perhaps, has the file open.
  await withObjects(layout, () => assert.rejects(restore(snapshot.path, force), /cannot restore cluster "running-\d+": another process has it open/));
  assert.equal((await withObjects(layout, contentsOf)).length, KEYS);
  await restore(snapshot.path, force);
});

test("a damaged snapshot changes nothing", async () => {
  const { config, layout } = await makeCluster("damaged");
  const { path } = await snapshotOf(config, layout);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 4, bytes.length >> 1);
  writeFileSync(path, bytes);
  await assert.rejects(restore(path, { ...selectionOf("damaged"), force: true }), /cannot use snapshot .* is not as it was written/);
  assert.equal((await withObjects(layout, contentsOf)).length, KEYS);
  await assert.rejects(restore(path, { name: "damaged-2", dataDir: join(root, "damaged-2") }), /cannot use snapshot/);
  assert.equal(existsSync(join(root, "damaged-2")), false);
});

test("a store that was not closed is saved with all that was acknowledged", async () => {
  const { config, layout } = await makeCluster("crashed");
  await withObjects(layout, async (store) => {
    await put(store, "/registry/things/last", "the last word");
    // As after a SIGKILL: the files of a store that is open, elsewhere.
    const copy = layoutOf(selectionOf("crashed-copy"));
    mkdirSync(copy.store, { recursive: true });
    for (const name of ["store.db", "store.db-wal", "store.db.redo"]) writeFileSync(join(copy.store, name), readFileSync(join(layout.store, name)));
    const snapshot = await snapshotOf({ ...config, dataDir: copy.data }, { ...copy, pki: layout.pki });
    assert.equal(snapshot.keys, KEYS + 1);
  });
});

test("a restore begins above everything the cluster can have given out since, and above earlier restores", () => {
  const taken = { revision: 5000, takenAt: "2026-01-01T00:00:00.000Z" };
  const at = (hours: number) => revisionAfterRestore(taken, Date.parse(taken.takenAt) + hours * 3_600_000);
  assert.equal(at(0), 1_000_005_000);
  assert.equal(at(-5), at(0), "a clock that is behind");
  assert.ok(at(24) - at(0) >= 24 * 3600 * 1000, "a thousand writes a second for a day");
  assert.ok(Number.isSafeInteger(at(24 * 365 * 100)));
});

for (const [index, installation] of etcdInstallations.entries()) {
  describe(`between a file and an ${installation.label}`, { ...installation.options, concurrency: false }, () => {
    let etcd: RealEtcd;
    let cluster: { config: ClusterConfig; layout: Layout };
    const migrate = async (to: ClusterConfig["store"], force = false) => {
      const config = await loadClusterConfig(cluster.layout.configFile);
      assert.ok(config);
      return migrateCluster({ config, layout: cluster.layout, to, force, ...surroundings });
    };

    before(async () => {
      etcd = await startEtcd({ installation });
      cluster = await makeCluster(`moving-${index}`);
    });
    after(() => etcd.dispose());

    test("to etcd: the configuration follows, the file is set aside, revisions grow on", async () => {
      const { layout } = cluster;
      const was = await withObjects(layout, contentsOf);
      const { snapshot, target, replaced } = await migrate({ kind: "etcd", endpoints: [etcd.endpoint] });
      assert.deepEqual([target.keys, target.content], [KEYS, snapshot.content]);
      assert.equal((await loadClusterConfig(layout.configFile))?.store.kind, "etcd");
      assert.ok(existsSync(join(replaced ?? "", "store", "store.db")) && !existsSync(layout.store));
      await withObjects(layout, async (store) => {
        assert.deepEqual(await contentsOf(store), was);
        assert.ok((await put(store, "/registry/things/in-etcd", "in etcd")) > snapshot.revision);
      });
      await assert.rejects(migrate({ kind: "etcd", endpoints: [etcd.endpoint] }), /cannot move cluster "moving-\d" to etcd: its objects lie there already/);
    });

    test("a snapshot of a cluster in etcd says where it goes before it is restored", async () => {
      const config = await loadClusterConfig(cluster.layout.configFile);
      assert.ok(config);
      const snapshot = await snapshotOf(config, cluster.layout);
      assert.deepEqual([snapshot.store, snapshot.keys], ["etcd", KEYS + 1]);
      await assert.rejects(restore(snapshot.path, selectionOf(`from-etcd-${index}`)), /its objects lay in an etcd; say where they go/);
      await restore(snapshot.path, { ...selectionOf(`from-etcd-${index}`), store: "sqlite" });
      assert.equal((await withObjects(layoutOf(selectionOf(`from-etcd-${index}`)), contentsOf)).length, KEYS + 1);
      const inEtcd = { ...selectionOf(`into-etcd-${index}`), store: "etcd" as const, etcdEndpoints: [etcd.endpoint] };
      await assert.rejects(restore(snapshot.path, inEtcd), /cannot fill etcd: 31 keys of a cluster lie there already; --force replaces them/);
      assert.equal(existsSync(layoutOf(inEtcd).configFile), false);
      const { revision } = await restore(snapshot.path, { ...inEtcd, force: true });
      await withObjects(layoutOf(inEtcd), async (store) => assert.ok((await put(store, "/registry/things/again", "again")) > revision));
    });

    test("back to a file: what etcd held by then, and revisions grow on", async () => {
      const { layout } = cluster;
      const before = await withObjects(layout, async (store) => ({ contents: await contentsOf(store), ...(await store.status()) }));
      await migrate({ kind: "sqlite" });
      await withObjects(layout, async (store) => {
        assert.deepEqual(await contentsOf(store), before.contents);
        assert.equal(await put(store, "/registry/things/back", "back"), before.revision + 1);
      });
      const raw = await connectEtcdStore({ endpoints: [etcd.endpoint], clock, logger: silentLogger });
      assert.equal((await raw.range({ start: "/registry/things/again" })).count, 1, "the etcd keeps its copy");
      await raw.close();
    });
  });
}

test("an etcd that does not answer leaves the cluster as it was", async () => {
  const { config, layout } = await makeCluster("staying");
  const unreachable = { kind: "etcd", endpoints: ["http://127.0.0.1:1"] } as const;
  await assert.rejects(migrateCluster({ config, layout, to: unreachable, force: false, ...surroundings }), /cannot connect to etcd/);
  assert.equal((await loadClusterConfig(layout.configFile))?.store.kind, "sqlite");
  assert.equal((await withObjects(layout, contentsOf)).length, KEYS);
});
