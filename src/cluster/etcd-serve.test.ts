import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectEtcdStore } from "../storage/etcd/etcd-store.ts";
import { silentLogger } from "../storage/sqlite/fake-surroundings.ts";
import { openSqliteStore } from "../storage/sqlite/open-sqlite-store.ts";
import { prefixEnd } from "../storage/store.ts";
import { type EtcdServeOptions, etcdServe } from "./etcd-serve.ts";
import { systemClock } from "./system-clock.ts";

const options: EtcdServeOptions = { name: "default", store: "sqlite", listen: "127.0.0.1:0" };

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-serve-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("what a cluster has stored is there for etcd's clients, byte by byte, until the command is interrupted", () =>
  withFolder(async (folder) => {
    const path = join(folder, "store", "store.db");
    const cluster = await openSqliteStore({ path, clock: systemClock, logger: silentLogger });
    const value = Uint8Array.of(0, 255, 1, 254);
    await cluster.txn({ compare: [], success: [{ type: "put", key: "/registry/secrets/default/a", value }], failure: [] });
    await cluster.close();

    const interrupted = new AbortController();
    const printed = Promise.withResolvers<string>();
    const serving = etcdServe({ ...options, dataDir: folder, listenMetrics: "127.0.0.1:0" }, interrupted.signal, printed.resolve);
    serving.catch(printed.reject);
    const [, endpoint = ""] = / at (http:\S+)$/.exec(await printed.promise) ?? [];
    const client = await connectEtcdStore({ endpoints: [endpoint], clock: systemClock, logger: silentLogger });
    const { kvs } = await client.range({ start: "/registry/", end: prefixEnd("/registry/") });
    assert.deepEqual(
      kvs.map((kv) => [kv.key, ...kv.value]),
      [["/registry/secrets/default/a", ...value]],
    );
    await client.close();
    interrupted.abort();
    await serving;
    await (await openSqliteStore({ path, clock: systemClock, logger: silentLogger })).close();
  }));

test("the store of a cluster that runs is not opened a second time", () =>
  withFolder(async (folder) => {
    const running = await openSqliteStore({ path: join(folder, "store", "store.db"), clock: systemClock, logger: silentLogger });
    await assert.rejects(etcdServe({ ...options, dataDir: folder }, new AbortController().signal), /another process has it open.*`coracle down` ends it/);
    await running.close();
  }));

test("options that make no sense are refused before anything is opened", async () => {
  const cases: [Partial<EtcdServeOptions>, RegExp][] = [
    [{ name: "never-was" }, /there is no store at "\/var\/lib\/coracle\/never-was/],
    [{ clientCertAuth: true }, /--client-cert-auth needs --trusted-ca-file/],
    [{ trustedCaFile: "/ca.crt" }, /--trusted-ca-file needs --cert-file/],
    [{ certFile: "/server.crt" }, /go together/],
  ];
  for (const [given, message] of cases) await assert.rejects(etcdServe({ ...options, ...given }, new AbortController().signal), message);
});
