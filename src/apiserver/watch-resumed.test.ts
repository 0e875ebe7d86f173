/** Clients of an API server that has been restarted go on with the next one where they were. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "../client/client.ts";
import { configMaps, secrets } from "../client/resources.ts";
import { systemClock as clock } from "../cluster/system-clock.ts";
import { StatusError } from "../machinery/status.ts";
import { createMemoryStore } from "../storage/memory/index.ts";
import { openSqliteStore } from "../storage/sqlite/index.ts";
import type { Store } from "../storage/store.ts";
import { storeOver } from "../storage/store-over.ts";
import { admin, startTestServer } from "../testing/api-server/test-server.ts";
import { silentLogger } from "../testing/silent-logger.ts";

interface Server {
  readonly maps: ReturnType<typeof clientsOf>["maps"];
  readonly secrets: ReturnType<typeof clientsOf>["secrets"];
  close(): Promise<void>;
}

const clientsOf = (client: Client) => ({ maps: client.of(configMaps).in("default"), secrets: client.of(secrets).in("default") });

async function serve(store: Store): Promise<Server> {
  const life = new AbortController();
  const { server, close } = await startTestServer({ store });
  return {
    ...clientsOf(new Client(server.transport(admin), life.signal)),
    close: async () => {
      life.abort();
      await close();
    },
  };
}

/** Type, name and data of the first `count` events after `resourceVersion`. */
async function events({ maps }: Server, resourceVersion: string, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { type, object } of await maps.watch({ resourceVersion })) {
    seen.push(`${type} ${object.metadata.name} ${object.data?.["n"]}`);
    if (seen.length === count) break;
  }
  return seen;
}

/** What the first server is asked to do after `resourceVersion`, which no watcher has been told of yet. */
async function history(server: Server): Promise<string> {
  const first = await server.maps.create({ metadata: { name: "a" }, data: { n: "1" } });
  await server.maps.create({ metadata: { name: "b" }, data: { n: "2" } });
  await server.maps.update({ ...first, data: { n: "3" } });
  await server.maps.delete("b");
  await server.secrets.create({ metadata: { name: "s" } });
  return first.metadata.resourceVersion ?? "";
}

const told = ["ADDED b 2", "MODIFIED a 3", "DELETED b 2", "ADDED c 4"];

test("a watch goes on with the next server, on a store in memory and on one that is opened anew", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "coracle-resumed-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const memory = createMemoryStore({ clock });
  t.after(() => memory.close());
  const stores = {
    memory: async () => storeOver(memory, { close: async () => undefined }),
    sqlite: () => openSqliteStore({ path: join(folder, "store.db"), clock, logger: silentLogger }),
  };
  for (const [name, open] of Object.entries(stores)) {
    const before = await open();
    const one = await serve(before);
    const resourceVersion = await history(one);
    await one.close();
    await before.close();
    const after = await open();
    const two = await serve(after);
    assert.equal((await two.maps.get("a")).data?.["n"], "3", "what there is now is there at once");
    await two.maps.create({ metadata: { name: "c" }, data: { n: "4" } });
    assert.deepEqual(await events(two, resourceVersion, told.length), told, name);
    const then = await two.maps.list({ resourceVersion, resourceVersionMatch: "Exact" });
    assert.deepEqual(
      then.items.map(({ data }) => data?.["n"]),
      ["1"],
      "the state of that time is there too",
    );
    await two.close();
    await after.close();
  }
});

test("history that has been compacted is gone: 410", async (t) => {
  const store = createMemoryStore({ clock });
  t.after(() => store.close());
  const one = await serve(store);
  const resourceVersion = await history(one);
  await one.close();
  await store.compact((await store.status()).revision);
  const two = await serve(store);
  await assert.rejects(two.maps.watch({ resourceVersion }), (error) => error instanceof StatusError && error.code === 410);
  await two.close();
});

test("a compaction that comes just before the past is loaded costs no more than the past", async (t) => {
  const memory = createMemoryStore({ clock });
  t.after(() => memory.close());
  const one = await serve(memory);
  await history(one);
  await one.close();
  const store = storeOver(memory, {
    status: async () => {
      const status = await memory.status();
      await memory.compact(status.revision);
      return status;
    },
  });
  const two = await serve(store);
  assert.equal((await two.maps.get("a")).data?.["n"], "3");
  await two.close();
});
