import assert from "node:assert/strict";
import { test } from "node:test";
import { newClusterConfig } from "./config.ts";
import { electionOf, joinedConfig, type ServerOptions, serverConfig } from "./server-config.ts";

const machine = { hostname: "Box-1", address: "192.0.2.7" };
const etcd = { store: "etcd", etcdEndpoints: ["http://127.0.0.1:2379"] } as const;
const config = (options: Partial<ServerOptions> = {}, existing?: Parameters<typeof serverConfig>[2], facts: Parameters<typeof serverConfig>[3] = machine) =>
  serverConfig({ name: "default", ...options }, "/data", existing, facts);

test("a server listens everywhere and is reached at the machine's own address, unless told otherwise", () => {
  const place = (options: Partial<ServerOptions>) => config(options).server;
  assert.deepEqual(place({}), { bindAddress: "0.0.0.0", advertiseAddress: "192.0.2.7", hostname: "box-1", tlsSans: [], told: {} });
  assert.equal(place({ bindAddress: "127.0.0.1" })?.advertiseAddress, "127.0.0.1");
  assert.equal(place({ bindAddress: "127.0.0.1", advertiseAddress: "192.0.2.9" })?.advertiseAddress, "192.0.2.9");
  assert.deepEqual(config().nodes, []);
  assert.equal(config().apiServerPort, 6443);
});

test("what is not asked for anew stays", () => {
  const first = config({ ...etcd, securePort: 16443, hostname: "first", tlsSan: ["api.example"], clusterDomain: "example.org" });
  assert.deepEqual(config({}, first), first);
  assert.equal(config({ securePort: 6443 }, first).apiServerPort, 6443);
  const moved = config({}, first, { hostname: "box-2", address: "192.0.2.8" }).server;
  assert.deepEqual([moved?.hostname, moved?.advertiseAddress], ["first", "192.0.2.8"], "a machine's own address is looked up anew");
});

test("what cannot be is refused", () => {
  const refusals: [RegExp, () => unknown][] = [
    [/"localhost" for --bind-address: it is no IP address/, () => config({ bindAddress: "localhost" })],
    [/cannot advertise 0\.0\.0\.0/, () => config({ advertiseAddress: "0.0.0.0" })],
    [/give it by --advertise-address/, () => config({}, undefined, { ...machine, address: undefined })],
    [/cannot use "a b" as this server's name/, () => config({ hostname: "a b" })],
    [/no --etcd-endpoints are given/, () => config({ store: "etcd" })],
    [/`coracle up` keeps cluster "mine" there/, () => config({}, newClusterConfig({ name: "mine", dataDir: "/data", nodeCount: 1, index: 0 }))],
  ];
  for (const [message, doing] of refusals) assert.throws(doing, message);
});

test("settings of the cluster are taken over, and others refused by their flag", () => {
  const shared = { serviceSubnet: "10.0.0.0/16", podSubnet: "10.1.0.0/16", clusterDomain: "example.org" };
  const joined = joinedConfig(config(etcd), { name: "default" }, shared);
  assert.deepEqual({ ...joined, ...shared }, joined);
  assert.throws(
    () => joinedConfig(config(etcd), { name: "default", clusterCidr: "10.2.0.0/16" }, shared),
    /cannot join the cluster with --cluster-cidr 10\.2\.0\.0\/16: it was made with 10\.1\.0\.0\/16/,
  );
});

test("components are elected where a store can be shared", () => {
  assert.equal(electionOf(config(), { name: "default" }), undefined);
  assert.deepEqual(electionOf(config(etcd), { name: "default" }), {});
  assert.deepEqual(electionOf(config(etcd), { name: "default", leaderElectLeaseDuration: 5, leaderElectRenewDeadline: 3, leaderElectRetryPeriod: 1 }), {
    leaseDurationSeconds: 5,
    renewDeadlineSeconds: 3,
    retryPeriodSeconds: 1,
  });
});
