/** The server around its services: TLS, stopping, what a restart keeps, the HTTP paths. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { get, put, text } from "../contract-tools.ts";
import { connectEtcdStore } from "../etcd/etcd-store.ts";
import { issue } from "../etcd/test-certificates.ts";
import { silentLogger, systemClock } from "../etcd/test-tools.ts";
import { createMemoryStore } from "../memory/memory-store.ts";
import { openSqliteStore } from "../sqlite/open-sqlite-store.ts";
import { StoreUnavailableError } from "../store.ts";
import { startEtcdHttpServer } from "./http.ts";
import { startEtcdServer } from "./server.ts";
import { RawClient, serveMemory } from "./test-tools.ts";

test("over TLS, clients need a certificate of the authority named for them", async () => {
  const authority = await issue("authority");
  const [certificate, known, stranger] = await Promise.all([issue("127.0.0.1", authority), issue("client", authority), issue("stranger")]);
  const tls = { certificate: certificate.certificate, key: certificate.key, clientCa: authority.certificate };
  const served = await serveMemory({ tls });
  const connect = (client: object) =>
    connectEtcdStore({
      endpoints: [served.server.endpoint],
      tls: { ca: authority.certificate, ...client },
      clock: systemClock,
      logger: silentLogger,
      dialTimeoutMs: 300,
    });
  try {
    assert.match(served.server.endpoint, /^https:/);
    const store = await connect({ certificate: known.certificate, key: known.key });
    await put(store, "/a", "1");
    assert.equal(text((await get(store, "/a"))!), "1");
    await store.close();
    await assert.rejects(connect({}), StoreUnavailableError);
    await assert.rejects(connect({ certificate: stranger.certificate, key: stranger.key }), StoreUnavailableError);
  } finally {
    await served.dispose();
  }
});

test("stopping ends watches and keep-alives as a stopped etcd does, and frees the address", async () => {
  const served = await serveMemory();
  const client = new RawClient(served.server.endpoint);
  const [watch, keepAlive] = [client.stream("Watch", "Watch"), client.stream("Lease", "LeaseKeepAlive")];
  watch.send({ create_request: { key: Buffer.from("a") } });
  await watch.next();
  keepAlive.send({ ID: 1 });
  assert.equal((await keepAlive.next()).TTL, 0, "a lease that is not there has no time to live");
  const ends = [watch, keepAlive].map((stream) => assert.rejects(stream.next(), { details: "etcdserver: server stopped" }));
  client.close();
  await Promise.all([...ends, served.server.stop()]);
  assert.equal(served.store.watches, 0);
  const again = await startEtcdServer({
    store: served.store,
    clock: systemClock,
    logger: silentLogger,
    listen: new URL(served.server.endpoint).host,
  });
  await again.stop();
  await served.store.close();
});

test("an address in use is refused in plain words", async () => {
  const served = await serveMemory();
  const listen = new URL(served.server.endpoint).host;
  await assert.rejects(startEtcdServer({ store: served.store, clock: systemClock, logger: silentLogger, listen }), new RegExp(`cannot listen on ${listen}`));
  await served.dispose();
});

test("a restart keeps keys, leases of chosen ids with their keys, and counts versions on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-restart-"));
  const open = async () => serveMemory({ store: await openSqliteStore({ path: join(folder, "store.db"), clock: systemClock, logger: silentLogger }) });
  const key = Buffer.from("/a");
  try {
    const first = await open();
    const before = new RawClient(first.server.endpoint);
    await before.call("Lease", "LeaseGrant", { ID: 42, TTL: 500 });
    for (const value of ["1", "2", "3"]) await before.call("KV", "Put", { key, value: Buffer.from(value), lease: 42 });
    before.close();
    await first.dispose();
    const second = await open();
    const after = new RawClient(second.server.endpoint);
    const { kvs } = await after.call("KV", "Range", { key });
    assert.deepEqual([String(kvs[0].value), kvs[0].version, kvs[0].lease], ["3", 3, 42]);
    assert.deepEqual((await after.call("Lease", "LeaseTimeToLive", { ID: 42, keys: true })).keys, [key]);
    assert.equal((await after.outcome("Lease", "LeaseGrant", { ID: 42, TTL: 5 })).details, "etcdserver: lease already exists");
    await after.call("Lease", "LeaseRevoke", { ID: 42 });
    assert.equal((await after.call("KV", "Range", { key })).count, 0);
    after.close();
    await second.dispose();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("what cannot be had: ids beyond 2^53, membership, a lease for ever", async () => {
  const served = await serveMemory();
  const client = new RawClient(served.server.endpoint);
  assert.match((await client.outcome("Lease", "LeaseGrant", { ID: 2 ** 60, TTL: 5 })).details, /lease ids must lie between/);
  assert.equal((await client.outcome("Lease", "LeaseGrant", { TTL: 1e10 })).details, "etcdserver: too large lease TTL");
  assert.equal((await client.call("Lease", "LeaseGrant", { TTL: 0 })).TTL, 2, "no lease is shorter than an election");
  assert.equal((await client.outcome("Cluster", "MemberRemove", {})).code, 12);
  assert.equal((await client.outcome("Maintenance", "Alarm", { action: "ACTIVATE" })).code, 12);
  assert.equal((await client.call("Auth", "AuthStatus")).enabled, false);
  client.close();
  await served.dispose();
});

test("a full disk raises the alarm that etcd raises, until a write succeeds", async () => {
  const served = await serveMemory();
  const client = new RawClient(served.server.endpoint);
  const request = { key: Buffer.from("a"), value: Buffer.from("1") };
  const alarms = async () => (await client.call("Maintenance", "Alarm", { action: "GET" })).alarms.map((each: { alarm: string }) => each.alarm);
  const transact = served.store.transact.bind(served.store);
  served.store.transact = () => Promise.reject(new StoreUnavailableError("cannot write to store: no space left on the device"));
  const refused = await client.outcome("KV", "Put", request);
  assert.deepEqual([refused.code, refused.details], [8, "etcdserver: mvcc: database space exceeded"]);
  assert.deepEqual(await alarms(), ["NOSPACE"]);
  assert.match((await client.call("Maintenance", "Status")).errors[0], /alarm:NOSPACE/);
  served.store.transact = transact;
  await client.call("KV", "Put", request);
  assert.deepEqual(await alarms(), []);
  client.close();
  await served.dispose();
});

test("a snapshot on its way leaves no file behind", async () => {
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-snapshot-"));
  const served = await serveMemory({ temporaryFolder: folder });
  const client = new RawClient(served.server.endpoint);
  await client.call("KV", "Put", { key: Buffer.from("a"), value: Buffer.alloc(1e6) });
  assert.ok((await client.download()) > 1e6);
  assert.deepEqual(await readdir(folder), []);
  client.close();
  await served.dispose();
  await rm(folder, { recursive: true });
});

test("/health, /version and /metrics tell what etcd tells there", async () => {
  const store = createMemoryStore({ clock: systemClock });
  await put(store, "/a", "1");
  const http = await startEtcdHttpServer(store, "127.0.0.1:0");
  const fetched = async (path: string) => {
    const response = await fetch(`${http.url}${path}`);
    return [response.status, await response.text()] as const;
  };
  assert.deepEqual(await fetched("/health"), [200, '{"health":"true","reason":""}']);
  assert.deepEqual(await fetched("/version"), [200, '{"etcdserver":"3.5.13","etcdcluster":"3.5.0"}']);
  assert.match((await fetched("/metrics"))[1], /^etcd_debugging_mvcc_current_revision 2$/m);
  assert.equal((await fetched("/v2/keys"))[0], 404);
  await store.close();
  const [code, body] = await fetched("/health");
  assert.equal(code, 503);
  assert.match(body, /"health":"false".*closed/);
  await http.stop();
});
