import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectEtcdStore } from "../storage/etcd/etcd-store.ts";
import { silentLogger } from "../storage/sqlite/fake-surroundings.ts";
import { openSqliteStore } from "../storage/sqlite/open-sqlite-store.ts";
import { prefixEnd } from "../storage/store.ts";
import { type EtcdServeOptions, etcdServe } from "./etcd-serve.ts";
import { askForShare, serveShares, shareSocket } from "./store-share.ts";
import { systemClock } from "./system-clock.ts";

function present<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

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

test("a store that another process has open is not opened a second time", () =>
  withFolder(async (folder) => {
    const running = await openSqliteStore({ path: join(folder, "store", "store.db"), clock: systemClock, logger: silentLogger });
    await assert.rejects(etcdServe({ ...options, dataDir: folder }, new AbortController().signal), /another process has it open.*no cluster "default"/);
    await running.close();
  }));

test("a cluster that runs serves its store for as long as somebody asks, and only its own", () =>
  withFolder(async (folder) => {
    const path = join(folder, "store.db");
    const store = await openSqliteStore({ path, clock: systemClock, logger: silentLogger });
    const socket = shareSocket(folder);
    assert.equal(await askForShare(socket, { path, listen: "127.0.0.1:0", limits: {} }), undefined);
    const shares = await serveShares({ socket, path, store, clock: systemClock, logger: silentLogger });
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    await assert.rejects(
      askForShare(socket, { path: "/elsewhere.db", listen: "127.0.0.1:0", limits: {} }),
      /has its store at ".*store.db", not at "\/elsewhere.db"/,
    );

    using first = present(await askForShare(socket, { path, listen: "127.0.0.1:0", listenMetrics: "127.0.0.1:0", limits: {} }));
    const client = await connectEtcdStore({ endpoints: [first.endpoint], clock: systemClock, logger: silentLogger });
    await client.txn({ compare: [], success: [{ type: "put", key: "/a", value: Uint8Array.of(1) }], failure: [] });
    assert.equal((await store.range({ start: "/a" })).kvs.length, 1);
    await client.close();
    assert.equal((await fetch(`${first.metricsUrl}/health`)).status, 200);

    first[Symbol.dispose]();
    await first.ended;
    const refused = async () => assert.rejects(fetch(`${first.metricsUrl}/health`));
    for (let left = 100; ; left--) {
      if (
        await refused().then(
          () => true,
          () => left === 0,
        )
      )
        break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await refused();

    using second = present(await askForShare(socket, { path, listen: "127.0.0.1:0", limits: {} }));
    await shares.close();
    await second.ended;
    await store.close();
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
