import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { nodes } from "../../../api/core/v1/node.ts";
import { type Pod, pods } from "../../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../../client/component.ts";
import { CertificateAuthority } from "../../../cluster/certificates.ts";
import { systemClock } from "../../../cluster/system-clock.ts";
import type { KubeletPods } from "../../../kubelet/contract.ts";
import { type KubeletServer, startKubeletServer } from "../../../kubelet/server/server.ts";
import { type HttpScene, startHttpScene } from "../../../testing/api-server/http-scene.ts";
import { type FakeStreamingServer, fakeStreamingServer } from "../../../testing/fake-streaming-server.ts";
import { silentLogger } from "../../../testing/silent-logger.ts";
import { kubeletStreams } from "./kubelet-streams.ts";

/* The whole way of a stream: API server -> kubelet -> runtime; only the runtime is a fake. */

let scene: HttpScene;
let kubelet: KubeletServer;
let runtime: FakeStreamingServer;
let logs: string;
let containerState: "running" | "exited" = "running";
const stop = new AbortController();
const path = "/api/v1/namespaces/default/pods";

before(async () => {
  logs = await mkdtemp(join(tmpdir(), "streams-"));
  runtime = await fakeStreamingServer(4, async (streams) => {
    await streams.ended("stdin");
    streams.write("stdout", streams.received("stdin").data);
    streams.write("stderr", "warned");
    streams.finish("stdout");
    streams.finish("stderr");
    streams.write(
      "error",
      JSON.stringify({ metadata: {}, status: "Failure", reason: "NonZeroExitCode", details: { causes: [{ reason: "ExitCode", message: "5" }] } }),
    );
    streams.close();
  });
  const authority = await CertificateAuthority.create("cluster", Date.now());
  const serving = await authority.issue({ commonName: "system:node:n1", usage: "both", ipAddresses: ["127.0.0.1"] }, Date.now());
  const client = await authority.issue({ commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"], usage: "client" }, Date.now());
  const ca = authority.pem.certificate;
  kubelet = await startKubeletServer(context(), kubeletPods(), {
    nodeName: "n1",
    address: "127.0.0.1",
    port: 0,
    cert: serving.certificate,
    key: serving.key,
    clientCa: ca,
  });
  scene = await startHttpScene({ handlers: [kubeletStreams({ certificate: client.certificate, key: client.key, kubeletCa: ca })] });
  await scene.send("POST", "/api/v1/namespaces", { metadata: { name: "default" } });
  await createNode("n1", kubelet.port);
  await createNode("gone", 1);
  await createPod("web", "n1", ["main"]);
  await createPod("two", "n1", ["a", "b"]);
  await createPod("lost", "gone", ["main"]);
  await createPod("unbound", "", ["main"]);
  await writeFile(join(logs, "main.log"), "2026-01-01T00:00:00.1Z stdout F container is alive\n");
});

after(async () => {
  await scene?.close();
  stop.abort();
  await kubelet?.closed;
  await runtime?.close();
  await rm(logs, { recursive: true, force: true });
});

test("logs arrive as plain text", async () => {
  const answer = await scene.get(`${path}/web/log`);
  assert.deepEqual([answer.code, answer.headers["content-type"], answer.text], [200, "text/plain", "container is alive\n"]);
  assert.equal((await scene.get(`${path}/web/log?timestamps=true`)).text, "2026-01-01T00:00:00.100000000Z container is alive\n");
  assert.equal((await scene.get(`${path}/web/log?limitBytes=1`)).text, "c");
});

test("what cannot be logged is told as Kubernetes tells it", async () => {
  const cases: [string, number, string][] = [
    ["absent/log", 404, 'pods "absent" not found'],
    ["two/log", 400, "a container name must be specified for pod two, choose one of: [a b]"],
    ["two/log?container=c", 400, "container c is not valid for pod two"],
    ["two/log?container=b", 400, 'container "b" in pod "two" is waiting to start: ContainerCreating'],
    ["web/log?previous=true", 400, 'previous terminated container "main" in pod "web" not found'],
    ["web/log?tailLines=-1", 422, 'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ["web/log?sinceSeconds=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ];
  for (const [request, code, message] of cases) {
    const { body } = await scene.get(`${path}/${request}`);
    assert.deepEqual([body.kind, body.code, body.message], ["Status", code, message]);
  }
  assert.match((await scene.get(`${path}/lost/log`)).body.message, /^Get "https:.*: dial tcp 127\.0\.0\.1:1: connect: connection refused$/);
  const unbound = await scene.get(`${path}/unbound/log`);
  assert.deepEqual([unbound.code, unbound.text], [200, ""]);
});

test("a WebSocket delivers exactly the log, then a normal close (NO-20)", async () => {
  for (const [protocol, decode] of [
    ["binary.k8s.io", (data: Buffer) => data],
    ["base64.binary.k8s.io", (data: Buffer) => Buffer.from(data.toString(), "base64")],
  ] as const) {
    const seen = await webSocketSession(`${path}/web/log?container=main`, [protocol]);
    assert.equal(Buffer.concat(seen.messages.map(decode)).toString(), "container is alive\n");
    assert.equal(seen.closeCode, 1000);
  }
});

test("a followed log ends with its container", async () => {
  const chunks: string[] = [];
  const first = Promise.withResolvers<void>();
  const ended = new Promise<void>((resolve, reject) => {
    const call = httpsRequest(`${scene.url}${path}/web/log?follow=true`, { ca: scene.ca }, (message) => {
      message.setEncoding("utf8").on("data", (chunk: string) => {
        chunks.push(chunk);
        first.resolve();
      });
      message.on("end", resolve);
    });
    call.on("error", reject).end();
  });
  await first.promise;
  await appendFile(join(logs, "main.log"), "2026-01-01T00:00:01Z stdout F more\n");
  containerState = "exited";
  await ended;
  containerState = "running";
  assert.equal(chunks.join(""), "container is alive\nmore\n");
});

test("exec over v5: half-close of stdin, output, exit code, normal close", async () => {
  const seen = await webSocketSession(`${path}/web/exec?command=cat&stdin=1&stdout=1&stderr=1`, ["v5.channel.k8s.io"], (socket) => {
    socket.send(Buffer.concat([Buffer.of(0), Buffer.from("to and fro")]));
    socket.send(Buffer.of(255, 0));
  });
  assert.deepEqual([channelText(seen.messages, 1), channelText(seen.messages, 2)], ["to and fro", "warned"]);
  assert.deepEqual(JSON.parse(channelText(seen.messages, 3)).details.causes, [{ reason: "ExitCode", message: "5" }]);
  assert.equal(seen.closeCode, 1000);
  assert.deepEqual(
    runtime.sessions.at(-1)!.opened,
    ["error", "stdin", "stdout", "stderr"].map((streamtype) => ({ streamtype })),
  );
});

test("requests that cannot be upgraded are told why", async () => {
  const cases: [string, number, string][] = [
    [`${path}/absent/exec?stdout=1`, 404, 'pods "absent" not found'],
    [`${path}/two/exec?stdout=1`, 400, "a container name must be specified for pod two, choose one of: [a b]"],
    [`${path}/unbound/exec?stdout=1`, 400, "pod unbound does not have a host assigned"],
    [`${path}/lost/exec?stdout=1`, 500, "error dialing backend: dial tcp 127.0.0.1:1: connect: connection refused"],
  ];
  for (const [request, code, message] of cases) {
    const refused = await refusal(request);
    assert.deepEqual([refused.code, JSON.parse(refused.text).message], [code, message]);
  }
  assert.equal((await scene.send("POST", `${path}/web/exec?stdout=1`)).body.message, "Upgrade request required");
  // A kubelet's refusal goes to the client as it is, and nothing after it goes to the kubelet.
  assert.deepEqual(await refusal(`${path}/web/exec?command=x`), { code: 400, text: "you must specify at least 1 of stdin, stdout, stderr" });
});

test("the kubelet lets nobody in without a certificate of the cluster", async () => {
  const asked = (target: string) =>
    new Promise<number>((resolve, reject) => {
      const call = httpsRequest(`https://127.0.0.1:${kubelet.port}${target}`, { rejectUnauthorized: false }, (message) => {
        message.resume();
        resolve(message.statusCode ?? 0);
      });
      call.on("error", reject).end();
    });
  assert.equal(await asked("/healthz"), 200);
  for (const target of ["/pods", "/containerLogs/default/web/main", "/metrics", "/nothing"]) assert.equal(await asked(target), 401, target);
});

test("nodes/proxy reaches the kubelet with the API server's identity", async () => {
  assert.equal((await scene.get("/api/v1/nodes/n1/proxy/healthz")).text, "ok");
  assert.deepEqual(
    (await scene.get(`/api/v1/nodes/n1:${kubelet.port}/proxy/pods`)).body.items.map((pod: Pod) => pod.metadata.name),
    ["web"],
  );
  assert.equal((await scene.get("/api/v1/nodes/absent/proxy/")).body.message, 'nodes "absent" not found');
});

function channelText(messages: readonly Buffer[], channel: number): string {
  return Buffer.concat(messages.filter((message) => message[0] === channel).map((message) => message.subarray(1))).toString();
}

function webSocketSession(target: string, protocols: string[], onOpen?: (socket: WebSocket) => void): Promise<{ messages: Buffer[]; closeCode: number }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${scene.url.replace("https", "wss")}${target}`, protocols, { ca: scene.ca });
    const messages: Buffer[] = [];
    socket.on("open", () => onOpen?.(socket));
    socket.on("message", (message: Buffer) => messages.push(message));
    socket.on("error", reject);
    socket.on("close", (closeCode) => resolve({ messages, closeCode }));
  });
}

/** The answer to an upgrade request that is not upgraded. */
function refusal(target: string): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      "sec-websocket-protocol": "v5.channel.k8s.io",
    };
    const call = httpsRequest(`${scene.url}${target}`, { ca: scene.ca, headers, agent: false }, async (message) => {
      resolve({ code: message.statusCode ?? 0, text: Buffer.concat(await message.toArray()).toString() });
    });
    call.on("upgrade", () => reject(new Error("the request was upgraded")));
    call.on("error", reject).end();
  });
}

async function createNode(name: string, port: number): Promise<void> {
  const status = { addresses: [{ type: "InternalIP", address: "127.0.0.1" }], daemonEndpoints: { kubeletEndpoint: { Port: port } } };
  await scene.send("POST", "/api/v1/nodes", { metadata: { name } });
  await scene.send("PATCH", `/api/v1/nodes/${name}/status`, { status }, { "content-type": "application/merge-patch+json" });
  assert.equal(scene.server.reader.get(nodes, "", name)?.metadata.name, name);
}

async function createPod(name: string, nodeName: string, containers: readonly string[]): Promise<void> {
  const spec = { ...(nodeName === "" ? {} : { nodeName }), containers: containers.map((container) => ({ name: container, image: "x" })) };
  const { code, text } = await scene.send("POST", path, { metadata: { name }, spec });
  assert.equal(code, 201, text);
}

function context(): ComponentContext {
  return { clock: systemClock, random: Math.random, logger: silentLogger, signal: stop.signal } as unknown as ComponentContext;
}

function kubeletPods(): KubeletPods {
  const stored = (namespace: string, name: string) => scene.server.reader.get(pods, namespace, name);
  const running = { name: "main", state: { running: {} }, containerID: "containerd://main", lastState: {} };
  return {
    runtime: { exec: async () => runtime.url } as unknown as KubeletPods["runtime"],
    list: () => [stored("default", "web")!],
    get: stored,
    container: (_, name, previous) => (previous ? undefined : { id: name, name, attempt: 0, state: containerState, logPath: join(logs, `${name}.log`) }),
    sandboxId: () => "sandbox",
    status: (pod) =>
      (pod.metadata.name === "web"
        ? { containerStatuses: [running] }
        : { containerStatuses: [{ name: "b", state: { waiting: { reason: "ContainerCreating" } } }] }) as unknown as Pod["status"],
  };
}
