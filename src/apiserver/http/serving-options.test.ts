/** What administrators may ask of how requests are answered: kube-apiserver's flags, as clients see them. */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { Agent, request } from "node:https";
import { test } from "node:test";
import { HttpsTransport } from "../../client/https-transport.ts";
import { createInformerFactory } from "../../client/informer-factory.ts";
import { configMaps } from "../../client/resources.ts";
import { systemClock } from "../../cluster/system-clock.ts";
import { type HttpScene, startHttpScene } from "../../testing/api-server/http-scene.ts";
import { silentLogger } from "../../testing/silent-logger.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const origin = "https://pages.example.com";
const corsHeaders = {
  "access-control-allow-origin": origin,
  "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE, PATCH",
  "access-control-allow-headers": "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since",
  "access-control-expose-headers": "Date",
  "access-control-allow-credentials": "true",
};

function allowed(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-")));
}

/** The first HTTP/1.1 answer; an aggregate of code and headers is all that its tests look at. */
function http1(scene: HttpScene, method: string, path: string, headers: Record<string, string>) {
  return new Promise<{ code: number | undefined; headers: Record<string, unknown> }>((resolve, reject) => {
    const asked = request(scene.url + path, { method, headers, ca: scene.ca, agent: new Agent({ keepAlive: false }) }, (answer) => {
      answer.resume().on("end", () => resolve({ code: answer.statusCode, headers: answer.headers }));
    });
    asked.on("error", reject).end();
  });
}

test("pages of allowed origins may ask: every answer says so, and preflights are answered to whoever asks", async () => {
  const denied = { authenticate: () => Promise.resolve(undefined) };
  const scene = await startHttpScene({ corsAllowedOrigins: ["//[a-z]+\\.example\\.com(:|$)"], authenticator: () => denied, anonymous: null });
  const preflight = { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" };
  for (const answer of [await scene.send("OPTIONS", maps, undefined, preflight), await http1(scene, "OPTIONS", maps, preflight)]) {
    assert.equal(answer.code, 204);
    assert.deepEqual(allowed(answer.headers), corsHeaders);
    assert.equal(answer.headers["content-length"], undefined);
    assert.match(String(answer.headers["audit-id"]), /^[0-9a-f-]{36}$/);
  }
  for (const path of [maps, "/version", "/absent"]) {
    const answer = await scene.get(path, { origin });
    assert.deepEqual([answer.code, allowed(answer.headers)], [401, corsHeaders], path);
  }
  for (const other of ["https://pages.example.com.evil.org", "https://evil.org", ""]) {
    const answer = await scene.send("OPTIONS", maps, undefined, { origin: other });
    assert.deepEqual([answer.code, allowed(answer.headers)], [401, {}], other);
  }
  await scene.close();
});

test("without allowed origins nothing is said of them, and OPTIONS is a method like others", async () => {
  const scene = await startHttpScene({ strictTransportSecurity: "max-age=31536000; includeSubDomains" });
  for (const [method, path, code] of [
    ["OPTIONS", maps, 405],
    ["GET", maps, 200],
    ["GET", "/absent", 404],
    ["GET", "/healthz", 200],
  ] as const) {
    const answer = await scene.send(method, path, undefined, { origin });
    assert.deepEqual([answer.code, allowed(answer.headers)], [code, {}]);
    assert.equal(answer.headers["strict-transport-security"], "max-age=31536000; includeSubDomains", `${method} ${path}`);
  }
  await scene.close();
});

test("some requests over HTTP/2 end their connection, and nothing that is under way on it", async () => {
  let draw = 0.5;
  const scene = await startHttpScene({ goawayChance: 0.02, random: () => draw });
  const session = connect(scene.url, { ca: scene.ca });
  session.on("error", () => undefined);
  const gone = new Promise<number>((resolve) => session.once("goaway", resolve));
  const ended = new Promise<void>((resolve) => session.once("close", resolve));
  const watch = session.request({ ":path": `${maps}?watch=1&timeoutSeconds=1` });
  await new Promise((resolve) => watch.once("response", resolve));
  const watched = new Promise((resolve) => watch.resume().once("end", resolve));
  draw = 0.019;
  const stream = session.request({ ":path": "/healthz" });
  const answered = new Promise<number>((resolve) => stream.on("response", (headers) => resolve(headers[":status"] ?? 0)).resume());
  assert.deepEqual([await answered, await gone, watch.readableEnded], [200, 0, false]);
  await watched;
  await ended;
  assert.equal((await http1(scene, "GET", "/healthz", {})).code, 200, "there are other connections");
  await scene.close();
});

test("what is not offered is not there for clients, and goes on being there for the server itself", async () => {
  const off = new Set(["batch/v1", "autoscaling/v1", "apps/v1/daemonsets"]);
  const isOffered = ({ group, version, resource }: { group: string; version: string; resource: string }) =>
    !off.has(`${group}/${version}`) && !off.has(`${group}/${version}/${resource}`);
  const scene = await startHttpScene({ isOffered });
  const page = "404 page not found\n";
  for (const path of ["/apis/batch", "/apis/batch/v1", "/apis/batch/v1/jobs", "/apis/batch/v1/namespaces/default/jobs/a/status", "/openapi/v3/apis/batch/v1"]) {
    const { code, text } = await scene.get(path);
    assert.deepEqual([code, text], [404, page], path);
  }
  for (const path of [
    "/apis/autoscaling/v1",
    "/apis/autoscaling/v1/horizontalpodautoscalers",
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/namespaces/a/daemonsets/b/status",
  ]) {
    const { code, body } = await scene.get(path);
    assert.deepEqual([code, body.reason], [404, "NotFound"], path);
  }
  assert.equal((await scene.send("POST", "/apis/apps/v1/namespaces/default/daemonsets", {})).code, 404);
  const groups = (await scene.get("/apis")).body.groups as { name: string; versions: { version: string }[] }[];
  assert.equal(
    groups.find(({ name }) => name === "batch"),
    undefined,
  );
  assert.deepEqual(
    groups.find(({ name }) => name === "autoscaling")?.versions.map(({ version }) => version),
    ["v2"],
  );
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const aggregated = (await scene.get("/apis", { accept })).text;
  const names = (await scene.get("/apis/apps/v1")).body.resources.map(({ name }: { name: string }) => name);
  assert.ok(!names.some((name: string) => name.startsWith("daemonsets")) && names.includes("deployments/scale"));
  const v2 = (await scene.get("/openapi/v2")).text;
  const v3 = (await scene.get("/openapi/v3")).text;
  for (const text of [aggregated, v2, v3]) assert.doesNotMatch(text, /daemonsets|apis\/batch|"batch"/);
  const jobs = { group: "batch", version: "v1", resource: "jobs", kind: "Job" } as const;
  const list = await scene.server
    .transport({ name: "controller", groups: ["system:masters"] })
    .list({ resource: jobs as never }, {}, new AbortController().signal);
  assert.deepEqual(list.items, []);
  await scene.close();
});

test("watches that name no time end at a random one, from the least to twice that", async () => {
  const scene = await startHttpScene({ minRequestTimeoutSeconds: 0.1, random: () => 0.99 });
  const start = performance.now();
  assert.equal((await scene.get(`${maps}?watch=1`)).code, 200);
  const took = performance.now() - start;
  assert.ok(took > 190 && took < 1_500, `ended after ${took} ms`);
  await scene.close();
});

test("a server that is told to end goes on serving for a while, but is not ready", async () => {
  const scene = await startHttpScene({ shutdownDelayMs: 300 });
  const closing = scene.server.close();
  assert.equal((await scene.get("/readyz")).code, 500);
  assert.equal((await scene.get("/readyz/shutdown")).code, 500);
  for (const path of ["/livez", "/healthz", maps]) assert.equal((await scene.get(path)).code, 200, path);
  const again = connect(scene.url, { ca: scene.ca });
  again.on("error", () => undefined);
  await new Promise((resolve) => again.once("connect", resolve));
  await closing;
  again.destroy();
  await scene.close();
});

test("answers go uncompressed, and discovery without hashes, where that is wanted", async () => {
  const scene = await startHttpScene({ compressResponses: false, storageVersionHash: false });
  const data = { text: "x".repeat(200_000) };
  await scene.send("POST", maps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "large" }, data });
  assert.equal((await scene.get(maps, { "accept-encoding": "gzip" })).headers["content-encoding"], undefined);
  assert.doesNotMatch((await scene.get("/api/v1")).text, /storageVersionHash/);
  await scene.close();
});

test("without priority and fairness reads and writes are counted, and nothing is said of flows", async () => {
  const scene = await startHttpScene({ priorityAndFairness: false, inFlight: { reading: 0, mutating: 1 } });
  const answer = await scene.get(maps);
  assert.deepEqual([answer.code, answer.headers["x-kubernetes-pf-flowschema-uid"]], [200, undefined]);
  assert.equal((await scene.get("/debug/api_priority_and_fairness/dump_queues")).code, 404);
  assert.doesNotMatch((await scene.get("/metrics")).text, /apiserver_flowcontrol/);
  await scene.close();
});

test("where watches may not begin with a list that is said in Kubernetes' words, and clients go the old way", async () => {
  const scene = await startHttpScene({ watchList: false });
  await scene.send("POST", maps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "there" } });
  const { code, body } = await scene.get(`${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1`);
  const message = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
  assert.deepEqual([code, body.message], [422, `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: ${message}`]);
  const life = new AbortController();
  const transport = scene.server.transport({ name: "controller", groups: ["system:masters"] });
  const informers = createInformerFactory({ transport, clock: systemClock, random: Math.random, logger: silentLogger, signal: life.signal });
  const informer = informers.informer(configMaps);
  await informers.start();
  assert.deepEqual(
    [...informer.list()].map(({ metadata }) => metadata.name),
    ["there"],
  );
  life.abort();
  await informers.ended();
  const lines = (await scene.get(`${maps}?watch=1&timeoutSeconds=1`)).text.trim().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    ["ADDED"],
  );
  await scene.close();
});

test("clients in a hurry lose nothing to connections that end", async () => {
  const scene = await startHttpScene({ goawayChance: 0.5 });
  const transport = new HttpsTransport({ server: scene.url, ca: scene.ca, clock: systemClock });
  const { signal } = new AbortController();
  const target = { resource: configMaps, namespace: "default" };
  await Promise.all(Array.from({ length: 100 }, (_, i) => transport.create(target, { metadata: { name: `m${i}` } }, {}, signal)));
  assert.equal((await transport.list(target, {}, signal)).items.length, 100);
  await transport.close();
  await scene.close();
});
