import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import type { RunProgram } from "../backend.ts";
import type { ServicePortPlan } from "../plan.ts";
import { NftablesBackend } from "./backend.ts";

const cannot = process.getuid?.() !== 0 ? "needs root" : spawnSync("nft", ["--version"]).error !== undefined ? "needs nft" : false;
const namespace = `coracle-proxy-test-${process.pid}`;
const signal = new AbortController().signal;

/** Servers on two addresses that say their own, and a client, all inside the namespace. Prints one answer a request. */
const conversation = `
const http = require("node:http");
const [targets, times] = JSON.parse(process.argv[1]);
const servers = ["10.128.0.5", "10.128.0.6"].map((address) => http.createServer((_, res) => res.end(address)).listen(8080, address));
const ask = (url) => new Promise((resolve) => http.get(url, { agent: false, signal: AbortSignal.timeout(1000) }, (res) => res.setEncoding("utf8").on("data", resolve)).on("error", (e) => resolve(e.code)));
(async () => {
  const out = {};
  for (const url of targets) { out[url] = []; for (let i = 0; i < times; i++) out[url].push(await ask(url)); }
  console.log(JSON.stringify(out));
  servers.forEach((server) => server.close());
})();
`;

const run: RunProgram = async (program, args, input) => execFileSync("ip", ["netns", "exec", namespace, program, ...args], { input, encoding: "utf8" });

function answers(targets: string[], times: number): Record<string, string[]> {
  return JSON.parse(
    execFileSync("ip", ["netns", "exec", namespace, process.execPath, "-e", conversation, JSON.stringify([targets, times])], { encoding: "utf8" }),
  );
}

test("packets reach the endpoints that the rules name", { skip: cannot }, async (t) => {
  execFileSync("ip", ["netns", "add", namespace]);
  t.after(() => execFileSync("ip", ["netns", "delete", namespace]));
  const setUp =
    "link set lo up\naddress add 10.128.0.5/32 dev lo\naddress add 10.128.0.6/32 dev lo\naddress add 192.0.2.1/32 dev lo\nlink add veth0 type veth peer name veth1\nlink set veth0 up\nlink set veth1 up\naddress add 198.51.100.1/24 dev veth0\nroute add default dev veth0\n";
  execFileSync("ip", ["-n", namespace, "-batch", "-"], { input: setUp });
  const backend = new NftablesBackend({ family: "ip", podSubnet: "10.128.0.0/16", serviceSubnet: "10.96.0.0/16" }, run);
  const both = [
    { address: "10.128.0.5", port: 8080 },
    { address: "10.128.0.6", port: 8080 },
  ];
  const plan: ServicePortPlan = {
    id: "shop/web:http",
    protocol: "tcp",
    port: 80,
    clusterIPs: ["10.96.0.20"],
    externalIPs: [],
    nodePort: 30080,
    affinitySeconds: 0,
    internal: both,
    external: both,
    externalLocal: false,
    elsewhere: false,
    sourceRanges: [],
  };
  const service = "http://10.96.0.20/";
  const nodePort = "http://192.0.2.1:30080/";
  const distinct = (list: string[] | undefined) => [...new Set(list)].sort();

  await backend.apply([plan], signal);
  const spread = answers([service, nodePort], 24);
  assert.deepEqual(distinct(spread[service]), ["10.128.0.5", "10.128.0.6"], "both endpoints get traffic");
  assert.deepEqual(distinct(spread[nodePort]), ["10.128.0.5", "10.128.0.6"]);

  await backend.apply([{ ...plan, affinitySeconds: 600 }], signal);
  assert.equal(distinct(answers([service], 12)[service]).length, 1, "a client stays with its endpoint");

  await backend.apply([{ ...plan, internal: both.slice(1) }], signal);
  assert.deepEqual(distinct(answers([service], 6)[service]), ["10.128.0.6"]);

  await backend.apply([{ ...plan, internal: [], external: [] }], signal);
  const refused = answers([service, nodePort], 1);
  assert.deepEqual([refused[service], refused[nodePort]], [["ECONNREFUSED"], ["ECONNREFUSED"]], "refused, not left to time out");

  await backend.apply([plan], signal);
  const otherPort = "http://10.96.0.20:81/";
  assert.deepEqual(answers([otherPort], 1)[otherPort], ["ECONNREFUSED"], "a port the Service does not have");
  assert.match(await run("nft", ["list", "set", "ip", "coracle-proxy", "cluster-ips"], "", signal), /10\.96\.0\.20/);
  const noService = "http://10.96.0.21:80/";
  assert.deepEqual(answers([noService], 1)[noService], ["ABORT_ERR"], "a cluster IP that no Service has");
  await backend.apply([{ ...plan, internal: [], elsewhere: true }], signal);
  assert.match(await run("nft", ["list", "map", "ip", "coracle-proxy", "refused-services"], "", signal), /10\.96\.0\.20 \. tcp \. 80 : drop/);

  await backend.clear(signal);
  assert.doesNotMatch(await run("nft", ["list", "tables"], "", signal), /coracle-proxy/);
});
