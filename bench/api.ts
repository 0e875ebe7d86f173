/**
 * Requests a second over TLS, beside what a bare `node:https` JSON echo serves to the same client in the same run: the
 * shares travel between machines, the figures do not. Server and client are threads of one process.
 */
import { createHash, type Hash } from "node:crypto";
import { Agent, request } from "node:https";
import { Worker } from "node:worker_threads";
import { CertificateAuthority } from "../src/cluster/certificates.ts";
import type { BenchServers } from "./api-worker.ts";

export interface BenchOptions {
  /** As part of the tests: a handful of requests. */
  readonly tiny: boolean;
}

interface Load {
  readonly ca: string;
  readonly agent: Agent;
  readonly port: number;
  readonly workers: number;
  readonly hash: Hash;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
  readonly port?: number;
}

const collection = "/api/v1/namespaces/default/pods";

/** Shares of the echo; the wanted ones are in issue 3: create 0.20, get 0.60, merge patch 0.13, apply 0.10, delete 0.13. */
export interface ApiResult {
  /** Requests a second of the bare server. */
  readonly echo: number;
  readonly createShare: number;
  readonly getShare: number;
  readonly mergePatchShare: number;
  readonly applyShare: number;
  readonly deleteShare: number;
  /** Lists of all pods a second. */
  readonly lists: number;
  /** From a patch being sent to 100 watchers having seen it. */
  readonly watchP50Ms: number;
  readonly watchP99Ms: number;
  /** Of the answers: nothing was optimised away. */
  readonly hash: string;
}

export async function run({ tiny }: BenchOptions): Promise<Readonly<Record<string, ApiResult>>> {
  const count = tiny ? 30 : 3000;
  const workers = tiny ? 4 : 32;
  const memory = await runOn("memory", count, workers);
  return tiny ? { memory } : { memory, sqlite: await runOn("sqlite", count, workers) };
}

async function runOn(store: "memory" | "sqlite", count: number, workers: number): Promise<ApiResult> {
  const authority = await CertificateAuthority.create("bench", Date.now());
  const pair = await authority.issue({ commonName: "server", usage: "server", ipAddresses: ["127.0.0.1"] }, Date.now());
  const worker = new Worker(new URL(`./api-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url), {
    workerData: { key: pair.key, cert: pair.certificate, store },
  });
  const { apiPort, echoPort } = await new Promise<BenchServers>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const agent = new Agent({ keepAlive: true, maxSockets: workers, ca: authority.pem.certificate });
  const load: Load = { ca: authority.pem.certificate, agent, port: apiPort, workers, hash: createHash("sha256") };
  try {
    return await measureAll(load, echoPort, count);
  } finally {
    agent.destroy();
    worker.postMessage("end");
    await new Promise((resolve) => worker.once("exit", resolve));
  }
}

async function measureAll(load: Load, echoPort: number, count: number): Promise<ApiResult> {
  const repeat = (calls: (index: number) => Call, times = count) => measure(load, times, calls);
  await repeat((index) => ({ method: "POST", path: "/", body: podText(index), port: echoPort }));
  const echo = await repeat((index) => ({ method: "POST", path: "/", body: podText(index), port: echoPort }));
  const share = async (calls: (index: number) => Call) => (await repeat(calls)) / echo;
  const object = (index: number) => `${collection}/pod-${index}`;
  const patched = JSON.stringify({ metadata: { labels: { step: "patched" } } });
  const applied = (index: number) => JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: `pod-${index}`, labels: { applied: "yes" } } });
  const createShare = await share((index) => ({ method: "POST", path: collection, body: podText(index) }));
  const getShare = await share((index) => ({ method: "GET", path: object(index) }));
  const mergePatchShare = await share((index) => ({ method: "PATCH", path: object(index), body: patched, type: "application/merge-patch+json" }));
  const applyShare = await share((index) => ({
    method: "PATCH",
    path: `${object(index)}?fieldManager=bench&force=true`,
    body: applied(index),
    type: "application/apply-patch+yaml",
  }));
  const lists = await repeat(() => ({ method: "GET", path: collection }), Math.max(2, count / 20));
  const watch = await measureWatch(load, Math.min(count, 100));
  const deleteShare = await share((index) => ({ method: "DELETE", path: object(index) }));
  const hash = load.hash.digest("hex").slice(0, 12);
  return { echo, createShare, getShare, mergePatchShare, applyShare, deleteShare, lists, watchP50Ms: watch.p50, watchP99Ms: watch.p99, hash };
}

/** Requests a second, `workers` at a time. Any failure ends the run. */
async function measure(load: Load, times: number, callFor: (index: number) => Call): Promise<number> {
  let next = 0;
  const started = performance.now();
  const work = async () => {
    while (next < times) {
      const call = callFor(next++);
      const { code, length } = await send(load, call);
      if (code >= 300) throw new Error(`cannot ${call.method} ${call.path}: the server answered ${code}`);
      if (next % 97 === 0) load.hash.update(`${code} ${length > 0}`);
    }
  };
  await Promise.all(Array.from({ length: load.workers }, work));
  return (times * 1000) / (performance.now() - started);
}

function send({ agent, port }: Load, call: Call): Promise<{ code: number; length: number }> {
  return new Promise((resolve, reject) => {
    const { method, path, body, type = "application/json" } = call;
    const headers = body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) };
    const outgoing = request({ agent, host: "127.0.0.1", port: call.port ?? port, method, path, headers }, (answer) => {
      let length = 0;
      answer.on("data", (chunk: Buffer) => {
        length += chunk.length;
      });
      answer.on("end", () => resolve({ code: answer.statusCode ?? 0, length }));
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Time from a patch being sent to each of 100 watchers having seen it. */
async function measureWatch(load: Load, changes: number): Promise<{ p50: number; p99: number }> {
  const agent = new Agent({ keepAlive: true, ca: load.ca });
  const latencies: number[] = [];
  let sent = 0;
  const watchers = await Promise.all(
    Array.from({ length: 100 }, () => openWatch(agent, load.port, (lines) => latencies.push(...Array.from({ length: lines }, () => performance.now() - sent)))),
  );
  for (let index = 0; index < changes; index++) {
    const before = latencies.length;
    sent = performance.now();
    const body = JSON.stringify({ metadata: { labels: { watched: String(index) } } });
    await send(load, { method: "PATCH", path: `${collection}/pod-0`, body, type: "application/merge-patch+json" });
    while (latencies.length < before + watchers.length) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const close of watchers) close();
  agent.destroy();
  latencies.sort((a, b) => a - b);
  return { p50: latencies[Math.floor(latencies.length * 0.5)] ?? 0, p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0 };
}

function openWatch(agent: Agent, port: number, onLines: (count: number) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    // From now on: the streaming list without its initial events.
    const path = `${collection}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=`;
    const outgoing = request({ agent, host: "127.0.0.1", port, path }, (answer) => {
      answer.on("data", (chunk: Buffer) => onLines(chunk.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)));
      answer.on("error", () => undefined);
      resolve(() => outgoing.destroy());
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const probe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 10 };

function podText(index: number): string {
  const container = (name: string) => ({
    name,
    image: `registry.example/team/${name}:1.2.3`,
    args: ["--listen=:8080", "--log-level=info"],
    env: ["POD_NAME", "POD_IP"].map((key) => ({ name: key, valueFrom: { fieldRef: { fieldPath: key === "POD_IP" ? "status.podIP" : "metadata.name" } } })),
    ports: [{ name: `${name}-http`, containerPort: name === "web" ? 8080 : 9090 }],
    resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } },
    livenessProbe: probe,
    readinessProbe: probe,
    volumeMounts: [{ name: "config", mountPath: "/etc/app" }],
  });
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${index}`, labels: { app: "web", tier: "front" }, annotations: { "example.com/checksum": "0123456789abcdef" } },
    spec: { containers: [container("web"), container("sidecar")], volumes: [{ name: "config", configMap: { name: "web-config" } }] },
  });
}
