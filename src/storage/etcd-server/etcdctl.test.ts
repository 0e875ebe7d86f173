/** The real etcdctl against this server, command by command as an administrator types them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { type EtcdInstallation, etcdInstallations } from "../etcd/etcd-installations.ts";
import { startRestoredEtcd } from "../etcd/real-etcd.ts";
import { silentLogger, systemClock } from "../etcd/test-tools.ts";
import { openSqliteStore } from "../sqlite/open-sqlite-store.ts";
import { etcdctl, RawClient, type Served, serveMemory } from "./test-tools.ts";

for (const installation of etcdInstallations) {
  const { label, options } = installation;
  describe(`etcdctl of ${label}`, options, () => commands(installation));
  test(`a snapshot is a whole etcd: it passes the check of ${label}, which starts from it`, options, () => snapshotOf(installation));
}

function commands(installation: EtcdInstallation): void {
  let folder = "";
  let served: Served;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "coracle-etcdctl-"));
    const store = await openSqliteStore({ path: join(folder, "store.db"), clock: systemClock, logger: silentLogger });
    served = await serveMemory({ store });
  });

  after(async () => {
    await served.dispose();
    await rm(folder, { recursive: true });
  });

  /**
   * host:port. After a URL, etcdctl 3.4 names the whole URL as the :authority of what it asks a single endpoint (status,
   * hashkv, move-leader), which Node's HTTP/2 refuses as malformed.
   */
  function endpoint(): string {
    return new URL(served.server.endpoint).host;
  }

  /** Standard output; the command must succeed. */
  async function ctl(...args: string[]): Promise<string> {
    const run = await etcdctl(installation, endpoint(), args);
    assert.equal(run.code, 0, run.stderr);
    return run.stdout;
  }

  /** What etcdctl says when the command fails, as it must. */
  async function refused(...args: string[]): Promise<string> {
    const run = await etcdctl(installation, endpoint(), args);
    assert.notEqual(run.code, 0, run.stdout);
    return run.stderr;
  }

  async function revision(): Promise<number> {
    return served.store.revision;
  }

  test("put and get: one key, prefixes, order, limits, older revisions", async () => {
    assert.equal(await ctl("put", "/app/a", "1"), "OK\n");
    const first = await revision();
    assert.equal(await ctl("put", "/app/a", "2", "--prev-kv"), "OK\n/app/a\n1\n");
    await ctl("put", "/app/b", "x");
    assert.equal(await ctl("get", "/app/a"), "/app/a\n2\n");
    assert.equal(await ctl("get", "/app/a", "--rev", String(first)), "/app/a\n1\n");
    assert.equal(await ctl("get", "/app/", "--prefix", "--order=DESCEND", "--sort-by=KEY"), "/app/b\nx\n/app/a\n2\n");
    assert.equal(await ctl("get", "/app/", "--prefix", "--limit=1", "--keys-only"), "/app/a\n\n");
    assert.equal(await ctl("get", "/app/b", "--from-key", "--print-value-only"), "x\n");
    const { kvs, count } = JSON.parse(await ctl("get", "/app/a", "-w", "json"));
    assert.deepEqual([count, kvs[0].create_revision, kvs[0].mod_revision, kvs[0].version], [1, first, first + 1, 2]);
  });

  test("del", async () => {
    for (const name of ["a", "b", "c"]) await ctl("put", `/del/${name}`, name);
    assert.equal(await ctl("del", "/del/a", "--prev-kv"), "1\n/del/a\na\n");
    assert.equal(await ctl("del", "/del/", "--prefix"), "2\n");
    assert.equal(await ctl("del", "/del/", "--prefix"), "0\n");
  });

  test("txn, with conditions of every kind", async () => {
    await ctl("put", "/txn", "1");
    const input = 'value("/txn") = "1"\nver("/txn") = "1"\nmod("/txn") > "0"\ncreate("/absent") = "0"\n\nput /txn 2\nget /txn\n\ndel /txn\n\n';
    const run = await etcdctl(installation, endpoint(), ["txn"], { input });
    assert.equal(run.stdout, "SUCCESS\n\nOK\n\n/txn\n2\n");
    assert.equal((await etcdctl(installation, endpoint(), ["txn"], { input })).stdout, "FAILURE\n\n1\n");
  });

  test("watch: a prefix from a revision on, with previous values", async () => {
    await ctl("put", "/watch/a", "1");
    const from = await revision();
    await ctl("put", "/watch/a", "2");
    await ctl("del", "/watch/a");
    const stop = new AbortController();
    const watching = etcdctl(installation, endpoint(), ["watch", "/watch/", "--prefix", "--prev-kv", `--rev=${from}`], { signal: stop.signal });
    const live = etcdctl(installation, endpoint(), ["watch", "/watch/b"], { signal: stop.signal });
    while (served.store.watches < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    await ctl("put", "/watch/b", "live");
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort();
    const expected = "PUT\n/watch/a\n1\nPUT\n/watch/a\n1\n/watch/a\n2\nDELETE\n/watch/a\n2\n/watch/a\n\nPUT\n/watch/b\nlive\n";
    assert.equal((await watching).stdout, expected);
    assert.equal((await live).stdout, "PUT\n/watch/b\nlive\n");
  });

  test("leases: grant, put under it, time to live, keep alive, list, revoke", async () => {
    const [, id = ""] = /^lease ([0-9a-f]{16}) granted with TTL\(100s\)$/m.exec(await ctl("lease", "grant", "100")) ?? [];
    assert.equal(await ctl("put", "/lease/a", "1", `--lease=${id}`), "OK\n");
    assert.match(
      await ctl("lease", "timetolive", id, "--keys"),
      /^lease [0-9a-f]+ granted with TTL\(100s\), remaining\((99|100)s\), attached keys\(\[\/lease\/a\]\)$/m,
    );
    assert.equal(await ctl("lease", "keep-alive", "--once", id), `lease ${id} keepalived with TTL(100)\n`);
    assert.match(await ctl("lease", "list"), new RegExp(`^found 1 leases\n${id}$`, "m"));
    assert.equal(await ctl("lease", "revoke", id), `lease ${id} revoked\n`);
    assert.equal(await ctl("get", "/lease/a"), "");
    assert.equal(await ctl("lease", "timetolive", id), `lease ${id} already expired\n`);
    assert.match(await refused("lease", "revoke", id), /etcdserver: requested lease not found/);
  });

  test("lock and elect, which are leases, transactions and watches together", async () => {
    assert.equal(await ctl("lock", "/lock", "echo", "locked"), "locked\n");
    const holder = etcdctl(installation, endpoint(), ["elect", "/leader", "one"], { until: /one/ });
    assert.match((await holder).stdout, /one/);
  });

  test("compaction, and what it takes away", async () => {
    await ctl("put", "/compact", "1");
    const old = await revision();
    await ctl("put", "/compact", "2");
    const compacted = await revision();
    assert.equal(await ctl("compaction", String(compacted), "--physical"), `compacted revision ${compacted}\n`);
    assert.match(await refused("get", "/compact", "--rev", String(old)), /etcdserver: mvcc: required revision has been compacted/);
    assert.match(await refused("compaction", String(compacted)), /etcdserver: mvcc: required revision has been compacted/);
    assert.match(await refused("get", "/compact", "--rev", String(compacted + 100)), /etcdserver: mvcc: required revision is a future revision/);
    const watch = await refused("watch", "/compact", "--rev", String(old));
    assert.match(watch, /required revision has been compacted|watch is canceled by the server/);
  });

  test("endpoints, members, alarms and upkeep", async () => {
    const [{ Status }] = JSON.parse(await ctl("endpoint", "status", "-w", "json"));
    assert.equal(Status.header.revision, await revision());
    assert.deepEqual([Status.version, Status.leader === Status.header.member_id, Status.dbSize > 0], ["3.5.13", true, true]);
    const health = await etcdctl(installation, endpoint(), ["endpoint", "health"]);
    assert.match(health.stdout + health.stderr, /is healthy/);
    const { members } = JSON.parse(await ctl("member", "list", "-w", "json"));
    assert.deepEqual(members, [{ ID: Status.leader, name: "coracle", clientURLs: [served.server.endpoint] }]);
    assert.equal(await ctl("alarm", "list"), "");
    assert.equal(await ctl("alarm", "disarm"), "");
    assert.match(await ctl("defrag"), /Finished defragmenting/);
    assert.match(await ctl("endpoint", "hashkv"), /, \d+$/m);
  });

  test("refusals are etcd's own", async () => {
    const cases: [string[], RegExp][] = [
      [["put", "", "x"], /etcdserver: key is not provided/],
      [["put", "/absent", "--ignore-value"], /etcdserver: key not found/],
      [["put", "/a", "x", "--lease=4d2"], /etcdserver: requested lease not found/],
      [["auth", "enable"], /etcdserver: root user does not exist/],
      [["user", "get", "nobody"], /etcdserver: user name not found/],
      [["user", "add", "somebody:secret"], /coracle etcd-serve: users and roles are not kept/],
      [["role", "get", "none"], /etcdserver: role name not found/],
      [["move-leader", "1"], /etcdserver: bad leader transferee/],
      [["member", "add", "two", "--peer-urls=http://127.0.0.1:1"], /membership cannot change/],
      [["put", "/large", "x".repeat(100_000), "--lease=1"], /requested lease not found/],
    ];
    for (const [args, sentence] of cases) assert.match(await refused(...args), sentence, args.slice(0, 2).join(" "));
    const client = new RawClient(served.server.endpoint);
    const large = { key: Buffer.from("/large"), value: Buffer.alloc(1.6e6) };
    assert.equal((await client.outcome("KV", "Put", large)).details, "etcdserver: request is too large");
    const many = Array.from({ length: 129 }, (_, index) => ({ request_put: { key: Buffer.from(`/many/${index}`) } }));
    assert.equal((await client.outcome("KV", "Txn", { success: many })).details, "etcdserver: too many operations in txn request");
    assert.match((await client.outcome("KV", "Put", { key: Buffer.of(0xff) })).details, /keys must be UTF-8/);
    assert.deepEqual(await client.call("Health", "Check"), { status: "SERVING" });
    client.close();
  });
}

async function snapshotOf(installation: EtcdInstallation): Promise<void> {
  const source = await serveMemory();
  const client = new RawClient(source.server.endpoint);
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcdctl-"));
  const path = join(folder, "snapshot.db");
  try {
    await fill(client);
    const saved = await etcdctl(installation, source.server.endpoint, ["snapshot", "save", path]);
    assert.equal(saved.code, 0, saved.stderr);
    const [program, ...args] = installation.snapshot;
    const checked = JSON.parse(
      (await promisify(execFile)(program, [...args, "status", path, "-w", "json"], { env: { ...process.env, ETCDCTL_API: "3" } })).stdout,
    );
    assert.equal(checked.revision, source.store.revision);
    const etcd = await startRestoredEtcd(path, installation);
    const restored = new RawClient(etcd.endpoint);
    try {
      const everything = { key: Buffer.of(0), range_end: Buffer.of(0) };
      for (const request of [everything, { ...everything, revision: source.store.compactRevision + 1 }]) {
        const [expected, actual] = await Promise.all([client, restored].map((each) => each.call("KV", "Range", request)));
        assert.ok(expected.count > 1000);
        assert.deepEqual(actual.kvs, expected.kvs);
        assert.equal(actual.header.revision, expected.header.revision);
      }
      assert.equal((await restored.outcome("KV", "Range", { ...everything, revision: source.store.compactRevision - 1 })).code, 11);
      assert.deepEqual((await restored.call("Lease", "LeaseTimeToLive", { ID: 4711, keys: true })).keys, [Buffer.from("/leased")]);
      const { header } = await restored.call("KV", "Put", { key: Buffer.from("/goes/on"), value: Buffer.from("1") });
      assert.equal(header.revision, source.store.revision + 1);
    } finally {
      restored.close();
      await etcd.dispose();
    }
  } finally {
    client.close();
    await source.dispose();
    await rm(folder, { recursive: true });
  }
}

/** Enough keys for branches over the leaves, values larger than a page, deletions, a lease and a compaction. */
async function fill(client: RawClient): Promise<void> {
  const put = (name: string, bytes: number, lease = 0) => client.call("KV", "Put", { key: Buffer.from(name), value: Buffer.alloc(bytes, name), lease });
  await client.call("Lease", "LeaseGrant", { ID: 4711, TTL: 1000 });
  await put("/leased", 1, 4711);
  for (let index = 0; index < 1200; index++) await put(`/many/${index}`, index % 300);
  for (const bytes of [0, 4000, 4096, 50_000, 1_000_000]) await put(`/large/${bytes}`, bytes);
  for (let round = 0; round < 3; round++) await put("/changed", round + 1);
  await client.call("KV", "DeleteRange", { key: Buffer.from("/many/1"), range_end: Buffer.from("/many/11") });
  const { header } = await client.call("KV", "Txn", { success: [1, 2, 3].map((index) => ({ request_put: { key: Buffer.from(`/txn/${index}`) } })) });
  await client.call("KV", "Compact", { revision: header.revision - 1 });
  await client.call("KV", "DeleteRange", { key: Buffer.from("/many/2") });
  await put("/changed", 7);
}
