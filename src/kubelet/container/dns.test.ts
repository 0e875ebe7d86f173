import assert from "node:assert/strict";
import { test } from "node:test";
import { testPod } from "../pod/testing.ts";
import { parseResolvConf, podDns } from "./dns.ts";

const cluster = { servers: ["10.96.0.10"], domain: "cluster.local" };
const host = parseResolvConf("# c\nnameserver 1.1.1.1\ndomain old\nsearch example.com. corp\noptions rotate timeout:1\n");

test("reads a resolv.conf", () => assert.deepEqual(host, { servers: ["1.1.1.1"], searches: ["example.com", "corp"], options: ["rotate", "timeout:1"] }));

test("each policy's servers and searches", () => {
  const own = ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.com", "corp"];
  assert.deepEqual(podDns(testPod(), cluster, host), { servers: ["10.96.0.10"], searches: own, options: ["ndots:5"] });
  assert.deepEqual(podDns(testPod({ dnsPolicy: "Default" }), cluster, host), host);
  assert.deepEqual(podDns(testPod({ hostNetwork: true, dnsPolicy: "ClusterFirst" }), cluster, host), host);
  assert.deepEqual(podDns(testPod({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }), cluster, host).servers, ["10.96.0.10"]);
  assert.deepEqual(podDns(testPod(), { ...cluster, servers: [] }, host), host);
});

test("the pod's own configuration adds servers and searches and replaces options by name", () => {
  const dnsConfig = { nameservers: ["9.9.9.9", "10.96.0.10"], searches: ["mine"], options: [{ name: "ndots", value: "2" }, { name: "edns0" }] };
  const dns = podDns(testPod({ dnsConfig }), cluster, host);
  assert.deepEqual(dns.servers, ["10.96.0.10", "9.9.9.9"]);
  assert.equal(dns.searches.at(-1), "mine");
  assert.deepEqual(dns.options, ["ndots:2", "edns0"]);
  assert.deepEqual(podDns(testPod({ dnsPolicy: "None", dnsConfig: { nameservers: ["9.9.9.9"] } }), cluster, host), {
    servers: ["9.9.9.9"],
    searches: [],
    options: [],
  });
});
