/** Several API servers on three members of a real etcd: any of them is killed under load, and clients carry on. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { ConfigMap } from "../src/api/core/v1/config-map.ts";
import { Client } from "../src/client/client.ts";
import { FailoverTransport } from "../src/client/failover-transport.ts";
import { createInformerFactory } from "../src/client/informer-factory.ts";
import { configMaps, deployments, namespaces, nodes, pods, serviceAccounts, services } from "../src/client/resources.ts";
import { systemClock } from "../src/cluster/system-clock.ts";
import { StatusError } from "../src/machinery/status.ts";
import { type EtcdInstallation, etcdInstallations } from "../src/storage/etcd/etcd-installations.ts";
import { type RealEtcd, startEtcd, startEtcdCluster } from "../src/storage/etcd/real-etcd.ts";
import { progressOnDemand } from "../src/storage/etcd/version.ts";
import { silentLogger } from "../src/testing/silent-logger.ts";
import { eventually, whyNoKubectl } from "./support/cluster.ts";
import { ControlPlaneServer, freePort } from "./support/control-planes.ts";
import { countUp, Follower, judge, namespace, type Written } from "./support/history.ts";

const writers = 4;
const memberDownMs = 700;
const failoverLimitMs = 20_000;

for (const installation of etcdInstallations) {
  describe(`several API servers on one ${installation.label}`, { concurrency: true, skip: whyNoKubectl(), ...installation.options }, () => {
    test("any member and any API server may be killed under load", async (t) => {
      await using cleanup = new AsyncDisposableStack();
      // As a user's etcd, which reports the progress of watches every ten minutes.
      const members = await startEtcdCluster(3, { installation, flags: ["--experimental-watch-progress-notify-interval", "10m"] });
      cleanup.defer(async () => void (await Promise.all(members.map((member) => member.dispose()))));
      const [first, second] = await startServers(members, cleanup);
      const life = new AbortController();
      cleanup.defer(() => life.abort(new Error("the test has ended")));
      await prepare(new Client(first.transport, life.signal));

      const orders = [new FailoverTransport([first.transport, second.transport]), new FailoverTransport([second.transport, first.transport])] as const;
      const followers = await Promise.all(orders.map((transport) => Follower.start(transport)));
      cleanup.defer(async () => void (await Promise.all(followers.map((follower) => follower.stop()))));
      const informer = createInformerFactory({ transport: orders[0], clock: systemClock, random: Math.random, logger: silentLogger, signal: life.signal });
      const informed = informer.informer(configMaps, { namespace });
      await informer.start();

      const stop = new AbortController();
      cleanup.defer(() => stop.abort());
      const load = Promise.all(
        Array.from({ length: writers }, (_, index) =>
          countUp(`counter-${index}`, orders[index % 2] as FailoverTransport, index % 2 === 0 ? second.transport : first.transport, stop.signal),
        ),
      );
      const client = new Client(second.transport, life.signal);
      await Promise.race([load, disturb(members, first, second, client, (line) => t.diagnostic(line))]);
      stop.abort();
      const written = await load;
      await judgeAll(written, followers, (line) => t.diagnostic(line));
      const { items } = await client.of(configMaps).in(namespace).list();
      await eventually(async () => (items.every((item) => sameAs(informed.get(`${namespace}/${item.metadata.name}`), item)) ? true : undefined), 5_000);

      await racePorts([first, second], client, life.signal);
      assert.match(await first.kubectl("get", "deployments"), /after-kill/);
      assert.equal(await first.stop("SIGTERM"), 0, "a server that is told to stop ends in good order");
      assert.match(await second.kubectl("get", "--raw", "/readyz"), /^ok$/);
    });

    test("an etcd without space: told by readiness and errors, reads go on, and all goes on once there is room", async () => {
      await using cleanup = new AsyncDisposableStack();
      const etcd = await startEtcd({ installation, flags: ["--quota-backend-bytes", String(6 * 1024 * 1024)] });
      cleanup.defer(() => etcd.dispose());
      const server = new ControlPlaneServer({ address: "127.0.0.3", port: await freePort("127.0.0.3"), etcd: [etcd.endpoint] });
      cleanup.defer(() => server.dispose());
      await server.start();
      const { signal } = new AbortController();
      const maps = new Client(server.transport, signal).of(configMaps).in("default");
      await readsFromMemory(installation, etcd, maps);
      const blob = "x".repeat(500_000);
      const fill = async () => {
        for (let index = 0; index < 20; index++) await maps.create({ metadata: { name: `blob-${index}` }, data: { blob } });
      };
      await assert.rejects(fill, (error) => error instanceof StatusError && error.code >= 500 && /NOSPACE alarm/.test(error.message));

      const ready = await health(server, "/readyz?verbose");
      assert.equal(ready.status, 500);
      assert.match(ready.text, /\[\+\]etcd ok/);
      assert.match(ready.text, /\[-\]etcd-readiness failed/);
      assert.equal((await health(server, "/livez")).status, 200, "not to be restarted for it");
      assert.equal((await maps.get("blob-0")).data?.["blob"], blob);
      assert.ok((await maps.list()).items.length > 5);
      // etcd takes deletions all the same: this is how a user makes room.
      for (const { metadata } of (await maps.list()).items) if (metadata.name.startsWith("blob-")) await maps.delete(metadata.name);

      await makeRoom(installation, etcd);
      await maps.create({ metadata: { name: "after" }, data: {} });
      assert.equal((await health(server, "/readyz")).status, 200);
    });
  });
}

async function startServers(members: readonly RealEtcd[], cleanup: AsyncDisposableStack): Promise<[ControlPlaneServer, ControlPlaneServer]> {
  const etcd = members.map((member) => member.endpoint);
  const port = await freePort("127.0.0.1");
  const first = new ControlPlaneServer({ address: "127.0.0.1", port, etcd });
  cleanup.defer(() => first.dispose());
  await first.start();
  const second = new ControlPlaneServer({ address: "127.0.0.2", port, etcd, joins: first });
  cleanup.defer(() => second.dispose());
  await second.start();
  return [first, second];
}

/** What the load and the Deployment need. */
async function prepare(client: Client): Promise<void> {
  await client.of(namespaces).create({ metadata: { name: namespace }, spec: {} });
  await client.of(nodes).create({ metadata: { name: "node-1" }, spec: {} });
  const resources = { cpu: "8", memory: "16Gi", pods: "110" };
  const status = { capacity: resources, allocatable: resources, conditions: [{ type: "Ready", status: "True", reason: "Told", message: "by a test" }] };
  await client.of(nodes).patch("node-1", { status }, { type: "merge" }, "status");
  await eventually(() => client.of(serviceAccounts).in("default").find("default"), 10_000);
}

/** Kills the leader among the servers, each member in turn, and the other server; all come back. */
async function disturb(members: readonly RealEtcd[], first: ControlPlaneServer, second: ControlPlaneServer, client: Client, say: (line: string) => void) {
  await wait(500);
  await first.stop("SIGKILL");
  const killedAt = Date.now();
  await client.of(deployments).in("default").create(deployment("after-kill", 2));
  for (const member of members) {
    await member.stop("SIGKILL");
    await wait(memberDownMs);
    await member.start();
    await wait(300);
  }
  await first.start();
  say(`a killed API server serves again, three members of etcd having been killed meanwhile: ${Date.now() - killedAt} ms`);
  await eventually(async () => ((await boundPods(client)) === 2 ? true : undefined), failoverLimitMs);
  const tookMs = Date.now() - killedAt;
  say(`controllers and scheduler failed over: ${tookMs} ms`);
  assert.ok(tookMs < failoverLimitMs, `failing over took ${tookMs} ms`);
  await second.stop("SIGKILL");
  await wait(500);
  await second.start();
  await wait(300);
}

/** Both servers are asked for the same node port at the same moment, and for any: no port is given out twice. */
async function racePorts(servers: readonly ControlPlaneServer[], client: Client, signal: AbortSignal): Promise<void> {
  const clients = servers.map(({ transport }) => new Client(transport, signal).of(services).in(namespace));
  const create = (index: number, name: string, nodePort?: number) => {
    const ports = [{ port: 80, protocol: "TCP", ...(nodePort === undefined ? {} : { nodePort }) }];
    return clients[index]?.create({ metadata: { name: `${name}-${index}` }, spec: { type: "NodePort", ports } });
  };
  for (let port = 30_100; port < 30_110; port++) {
    const answers = await Promise.allSettled([create(0, `p${port}`, port), create(1, `p${port}`, port)]);
    const refused = answers.filter((answer) => answer.status === "rejected");
    assert.equal(refused.length, 1, `port ${port}`);
    assert.match(String(refused[0]?.reason), /spec.ports\[0\].nodePort: Invalid value: \d+: provided port is already allocated/);
  }
  await Promise.all(Array.from({ length: 40 }, (_, index) => create(index % 2, `any-${index}`)));
  const { items } = await client.of(services).in(namespace).list();
  const given = items.flatMap(({ spec }) => (spec.ports ?? []).map(({ nodePort }) => nodePort));
  assert.deepEqual([given.length, new Set(given).size], [50, 50]);
}

/** Where etcd can be asked how far its watches are, a list that has to be current costs it one read of its revision and no write. */
async function readsFromMemory({ label }: EtcdInstallation, etcd: RealEtcd, maps: { list(): Promise<unknown> }): Promise<void> {
  if (!progressOnDemand(label.replace("etcd ", ""))) return;
  const total = async (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(await (await fetch(`${etcd.endpoint}/metrics`)).text())?.[1]);
  const costs = () => Promise.all([total("etcd_mvcc_range_total"), total("etcd_mvcc_put_total")]);
  const [ranges, puts] = await costs();
  for (let count = 0; count < 200; count++) await maps.list();
  const [rangesAfter, putsAfter] = await costs();
  // What a server does by itself in that time comes to some more.
  assert.ok(rangesAfter - ranges < 300 && putsAfter - puts < 50, `200 lists cost etcd ${rangesAfter - ranges} reads and ${putsAfter - puts} writes`);
}

async function boundPods(client: Client): Promise<number> {
  const { items } = await client.of(pods).in("default").list({ labelSelector: "app=after-kill" });
  return items.filter((pod) => pod.spec.nodeName === "node-1").length;
}

function deployment(name: string, replicas: number) {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web" }] } };
  return { metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template } };
}

async function judgeAll(written: readonly Written[], followers: readonly Follower[], say: (line: string) => void): Promise<void> {
  const last = Math.max(...written.flatMap(({ acknowledged }) => acknowledged.map(({ revision }) => revision)));
  const sum = (of: (one: Written) => number) => written.reduce((total, one) => total + of(one), 0);
  say(`${sum((one) => one.acknowledged.length)} writes acknowledged, ${sum((one) => one.unknown)} without an answer, ${sum((one) => one.reads)} fresh reads`);
  say(`longest pause of a writer: ${Math.max(...written.map(({ longestPauseMs }) => longestPauseMs))} ms`);
  for (const { name, acknowledged, reads } of written)
    assert.ok(acknowledged.length > 50 && reads > 50, `${name}: ${acknowledged.length} writes, ${reads} reads`);
  for (const follower of followers) {
    const followed = await follower.upTo(last, 10_000);
    say(`a follower saw ${followed.events.length} events, its watch resumed ${followed.resumed} times`);
    assert.ok(followed.resumed > 0, "a watch that was never broken proves nothing");
    judge(written, followed);
  }
}

function sameAs(informed: ConfigMap | undefined, listed: ConfigMap): boolean {
  return informed?.metadata.resourceVersion === listed.metadata.resourceVersion;
}

async function health({ transport }: ControlPlaneServer, path: string): Promise<{ status: number; text: string }> {
  const { signal } = new AbortController();
  const answer = await transport.request({ method: "GET", path, repeatable: true }, signal);
  return { status: answer.status, text: await text(answer.body) };
}

/** As etcd's documentation tells: compact, defragment, disarm. */
async function makeRoom({ etcdctl }: EtcdInstallation, etcd: RealEtcd): Promise<void> {
  const ctl = async (...args: string[]) =>
    (await promisify(execFile)(etcdctl, ["--endpoints", new URL(etcd.endpoint).host, ...args], { env: { ...process.env, ETCDCTL_API: "3" } })).stdout;
  const [status] = JSON.parse(await ctl("endpoint", "status", "-w", "json")) as [{ Status: { header: { revision: number } } }];
  await ctl("compact", String(status.Status.header.revision));
  await ctl("defrag");
  await ctl("alarm", "disarm");
}
