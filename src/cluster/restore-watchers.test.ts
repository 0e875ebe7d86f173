/** Clients that know a cluster from before its restore: an informer over HTTPS goes on by itself, and ends where the cluster is. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "../client/client.ts";
import { HttpsTransport } from "../client/https-transport.ts";
import { createInformerFactory } from "../client/informer-factory.ts";
import { configMaps } from "../client/resources.ts";
import type { Logger } from "../machinery/logger.ts";
import { openSqliteStore } from "../storage/sqlite/index.ts";
import { admin, startTestServer, type TestServer } from "../testing/api-server/test-server.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { CertificateAuthority, type KeyPair } from "./certificates.ts";
import { snapshotCluster } from "./cluster-snapshot.ts";
import { type ClusterConfig, newClusterConfig, saveClusterConfig } from "./config.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { storeFile } from "./open-store.ts";
import { restoreCluster } from "./snapshot-restore.ts";
import { systemClock as clock } from "./system-clock.ts";

interface Scene {
  readonly config: ClusterConfig;
  readonly layout: Layout;
  readonly authority: CertificateAuthority;
  readonly pair: KeyPair;
}

/** The cluster's API server on its file, on the same port each time. */
async function serve({ layout, authority, pair }: Scene, port: number): Promise<TestServer & { readonly port: number }> {
  const store = await openSqliteStore({ path: storeFile(layout.store), clock, logger: silentLogger });
  const server = await startTestServer({ store });
  const listening = await server.server.listen({ host: "127.0.0.1", port, cert: pair.certificate, key: pair.key, clientCa: authority.pem.certificate });
  return {
    ...server,
    port: listening.port,
    close: async () => {
      await server.close();
      await store.close();
    },
  };
}

async function scene(body: (scene: Scene) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "coracle-watchers-"));
  const authority = await CertificateAuthority.create("test-ca", clock.now());
  const pair = await authority.issue({ commonName: "kube-apiserver", usage: "server", ipAddresses: ["127.0.0.1"] }, clock.now());
  const config = newClusterConfig({ name: "watched", dataDir, nodeCount: 1, index: 9 });
  const layout = layoutOf(config);
  await saveClusterConfig(layout.configFile, config);
  try {
    await body({ config, layout, authority, pair });
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

async function eventually(what: string, done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 500) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("an informer goes on over a restore: its watch has expired, it lists again, and has what the snapshot had", () =>
  scene(async (where) => {
    const { config, layout, authority } = where;
    const over = new AbortController();
    const { signal } = over;
    const logged: string[] = [];
    const logger: Logger = { ...silentLogger, info: (_fields: unknown, message?: string) => void logged.push(String(message)) };
    await using cleanup = new AsyncDisposableStack();
    let running = await serve(where, 0);
    cleanup.defer(() => running.close());
    const direct = () => new Client(running.server.transport(admin), signal).of(configMaps).in("default");
    for (let index = 0; index < 20; index++) await direct().create({ metadata: { name: `map-${index}` }, data: { value: "saved" } });
    const transport = new HttpsTransport({ server: `https://127.0.0.1:${running.port}`, ca: authority.pem.certificate, clock });
    cleanup.defer(() => transport.close());
    const informers = createInformerFactory({ transport, clock, random: () => 0, logger, signal });
    cleanup.defer(async () => {
      over.abort();
      await informers.ended();
    });
    const informer = informers.informer(configMaps);
    const events: string[] = [];
    informer.addHandler({ delete: (map) => events.push(`delete ${map.metadata.name}`), add: (map) => events.push(`add ${map.metadata.name}`) });
    await informers.start();
    const path = join(layout.data, "saved.snapshot");
    await snapshotCluster({ config, layout, clock, logger: silentLogger, path, signal });

    // What happens after the snapshot is seen by the informer and undone by the restore.
    await direct().delete("map-0");
    await direct().create({ metadata: { name: "later" } });
    for (let round = 0; round < 5; round++) await direct().patch("map-1", { data: { value: `after ${round}` } }, { type: "merge" });
    await eventually("the informer follows", () => informer.get("default/map-1")?.data?.["value"] === "after 4");
    const before = Number(informer.resourceVersion);
    await running.close();
    await restoreCluster(
      { file: path, name: config.name, dataDir: layout.data, force: true },
      { progress: { step: (_title, work) => work(() => undefined), note() {} }, clock, logger: silentLogger, signal },
    );
    running = await serve(where, running.port);

    await eventually("the informer is back", () => informer.get("default/map-1")?.data?.["value"] === "saved" && informer.get("default/later") === undefined);
    assert.ok(informer.get("default/map-0"), "what was deleted since is there again");
    assert.equal(informer.size, 20);
    assert.ok(events.includes("delete later") && events.lastIndexOf("add map-0") > events.indexOf("delete map-0"), events.join());
    assert.ok(logged.includes("watch is too old, listing again"), logged.join());
    assert.ok(Number(informer.resourceVersion) > before + 1e9);
    await direct().create({ metadata: { name: "newest" } });
    await eventually("the informer follows again", () => informer.get("default/newest") !== undefined);
  }));
