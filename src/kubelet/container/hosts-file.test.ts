import assert from "node:assert/strict";
import { test } from "node:test";
import { testPod } from "../pod/testing.ts";
import { hostNetworkHostsFile, podHostname, podHostsFile } from "./hosts-file.ts";

const aliases = { hostAliases: [{ ip: "123.45.67.89", hostnames: ["foo", "bar"] }] };

test("a pod's hosts file names the pod and its aliases, separated by tabs", () => {
  const file = podHostsFile(testPod(aliases), ["10.0.0.5"], "web", "sub.default.svc.cluster.local");
  assert.ok(file.startsWith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"));
  assert.ok(file.includes("10.0.0.5\tweb.sub.default.svc.cluster.local\tweb\n"));
  assert.ok(file.endsWith("\n# Entries added by HostAliases.\n123.45.67.89\tfoo\tbar\n"));
});

test("the host network's file has another first line", () => {
  assert.equal(hostNetworkHostsFile(testPod(), "127.0.0.1 localhost\n"), "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n");
});

test("the host name is the pod's name, cut to 63 characters, or what the spec says", () => {
  const long = testPod({}, { metadata: { name: `${"a".repeat(62)}-b`, namespace: "default", uid: "u" } });
  assert.deepEqual(podHostname(long, "cluster.local"), { hostname: "a".repeat(62), domain: "", kernelName: "a".repeat(62) });
  const below = { hostname: "h", domain: "s.default.svc.cluster.local" };
  assert.deepEqual(podHostname(testPod({ hostname: "h", subdomain: "s" }), "cluster.local"), { ...below, kernelName: "h" });
  assert.deepEqual(podHostname(testPod({ hostname: "h", subdomain: "s", setHostnameAsFQDN: true }), "cluster.local"), {
    ...below,
    kernelName: "h.s.default.svc.cluster.local",
  });
});
