/** What clients of an API server see while the disk under its store is full, and after. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "../client/client.ts";
import { configMaps } from "../client/resources.ts";
import { systemClock } from "../cluster/system-clock.ts";
import { openSqliteStore } from "../storage/sqlite/index.ts";
import { mountSmall } from "../storage/sqlite/small-disk.ts";
import { type HttpScene, startHttpScene } from "../testing/api-server/http-scene.ts";
import { admin } from "../testing/api-server/test-server.ts";
import { silentLogger } from "../testing/silent-logger.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const NO_SPACE = /no space left on the device; reads go on, writes resume when there is room/;

function configMap(name: string, bytes = 10): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { blob: "x".repeat(bytes) } };
}

/** Until the disk is full; how many were created. */
async function fill(scene: HttpScene): Promise<number> {
  for (let index = 0; index < 100; index++) {
    const { code, body } = await scene.send("POST", maps, configMap(`blob-${index}`, 200_000));
    if (code === 201) continue;
    assert.deepEqual([code, body.kind, body.status, body.code], [500, "Status", "Failure", 500]);
    assert.match(body.message, NO_SPACE);
    return index;
  }
  throw new Error("8 MB took 20 MB of objects");
}

test("a full disk: writes get 500 in the store's words, readiness fails, reads and watches go on, and writes resume by themselves", async (context) => {
  const disk = mountSmall(8);
  if (disk === undefined) return context.skip("needs root and mount to make a small file system");
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => disk.unmount());
  const ballast = join(disk.folder, "ballast");
  writeFileSync(ballast, new Uint8Array(2 << 20));
  const store = await openSqliteStore({ path: join(disk.folder, "store.db"), clock: systemClock, logger: silentLogger });
  cleanup.defer(() => store.close());
  const scene = await startHttpScene({ store });
  cleanup.defer(() => scene.close());
  assert.equal((await scene.send("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } })).code, 201);
  const life = new AbortController();
  cleanup.defer(() => life.abort());
  const client = new Client(scene.server.transport(admin), life.signal).of(configMaps).in("default");
  const seen: string[] = [];
  const watch = await client.watch();
  const sawLast = (async () => {
    for await (const event of watch) {
      const { name } = (event.object as { metadata: { name: string } }).metadata;
      seen.push(`${event.type} ${name}`);
      if (name === "after") return;
    }
  })();

  const created = await fill(scene);
  const names = Array.from({ length: created }, (_, index) => `blob-${index}`);
  for (const [method, path, body] of [
    ["PUT", `${maps}/blob-0`, configMap("blob-0", 200_001)],
    ["POST", maps, configMap("more", 200_000)],
  ] as const) {
    const { code, body: status } = await scene.send(method, path, body);
    assert.equal(code, 500, `${method} ${path}`);
    assert.match(status.message, NO_SPACE);
  }
  const ready = await scene.get("/readyz?verbose");
  assert.equal(ready.code, 500);
  assert.match(ready.text, /\[\+\]etcd ok/);
  assert.match(ready.text, /\[-\]etcd-readiness failed/);
  assert.equal((await scene.get("/livez")).code, 200, "not to be restarted for it");
  assert.equal((await scene.get(`${maps}/blob-0`)).body.data.blob.length, 200_000, "what was refused has changed nothing");
  assert.deepEqual((await scene.get(maps)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name).toSorted(), names.toSorted());

  rmSync(ballast);
  assert.equal((await scene.get("/readyz")).code, 200, "room is noticed before anybody writes");
  assert.equal((await scene.send("POST", maps, configMap("after"))).code, 201);
  await sawLast;
  assert.deepEqual(
    seen,
    [...names, "after"].map((name) => `ADDED ${name}`),
  );
});
