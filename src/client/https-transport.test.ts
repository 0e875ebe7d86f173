import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { CertificateAuthority, type KeyPair } from "../cluster/certificates.ts";
import { StatusError } from "../machinery/status.ts";
import { FakeApi } from "../testing/fake-api.ts";
import { type FakeHttpsServer, serveFakeApi } from "../testing/fake-https-server.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Client } from "./client.ts";
import { HttpsTransport, type HttpsTransportOptions } from "./https-transport.ts";
import { parseKubeconfig, resolveContext, transportFor } from "./kubeconfig.ts";
import { configMaps } from "./resources.ts";
import { transportContract } from "./transport-contract.ts";
import { TransportError } from "./transport-error.ts";

let ca: string;
let server: KeyPair;
let client: KeyPair;
before(async () => {
  const authority = await CertificateAuthority.create("test", Date.now());
  ca = authority.pem.certificate;
  server = await authority.issue({ commonName: "server", usage: "server", ipAddresses: ["127.0.0.1"] }, Date.now());
  client = await authority.issue({ commonName: "someone", usage: "client" }, Date.now());
});

async function scene(options: Partial<HttpsTransportOptions> = {}) {
  const api = new FakeApi();
  const clock = new VirtualClock();
  const https = await serveFakeApi(api, { key: server.key, cert: server.certificate, ca, requestCert: true });
  const transport = new HttpsTransport({ server: https.url, ca, clock, ...options });
  const maps = new Client(transport, new AbortController().signal).of(configMaps).in("default");
  const close = async () => {
    await transport.close();
    await https.close();
  };
  return { api, clock, https, transport, maps, close };
}

transportContract("https", async () => {
  const { transport, close } = await scene();
  return { transport, namespace: "default", close };
});

/** Answers the first requests with each status in turn, then lets the rest through. */
function failFirst(https: FakeHttpsServer, failures: readonly { status: number; headers?: Record<string, string> }[]): () => number {
  let count = 0;
  https.intercept = (stream) => {
    const failure = failures[count++];
    if (failure === undefined) return false;
    stream.respond({ ":status": failure.status, ...failure.headers });
    stream.end("slow down");
    return true;
  };
  return () => count;
}

test("Retry-After is waited for, and only ten times", async () => {
  const { api, clock, https, maps, close } = await scene();
  api.put(configMaps, { metadata: { name: "a" } });
  const busy = { status: 429, headers: { "retry-after": "1" } };
  const asked = failFirst(https, [busy, { status: 503, headers: { "retry-after": "2" } }]);
  const got = maps.get("a");
  while (asked() < 3) await clock.advance(1000);
  assert.equal((await got).metadata.name, "a");
  const many = failFirst(https, Array(50).fill(busy));
  const refused = assert.rejects(maps.get("a"), (error: unknown) => error instanceof StatusError && error.code === 429 && error.message === "slow down");
  while (many() < 11) await clock.advance(1000);
  await refused;
  assert.equal(many(), 11);
  await close();
});

test("a server that restarts is reached again; a watch it cut ends", async () => {
  const { api, https, maps, close } = await scene();
  api.put(configMaps, { metadata: { name: "a" } });
  const events = await maps.watch({ resourceVersion: String(api.revision) });
  https.cut();
  for await (const event of events) assert.fail(`unexpected ${event.type}`);
  assert.equal((await maps.get("a")).metadata.name, "a");
  await close();
});

test("a write is not repeated when its connection breaks, a read is", async () => {
  const { api, https, maps, close } = await scene();
  api.put(configMaps, { metadata: { name: "a" } });
  let requests = 0;
  https.intercept = () => {
    if (requests++ > 0) return false;
    https.cut();
    return true;
  };
  assert.equal((await maps.get("a")).metadata.name, "a");
  assert.equal(requests, 2);
  requests = 0;
  await assert.rejects(
    maps.create({ metadata: { name: "b" } }),
    (error: unknown) => error instanceof TransportError && error.phase === "send" && !error.retryable,
  );
  assert.equal(requests, 1);
  await close();
});

test("an answer that breaks off is an error, not a short object", async () => {
  const { https, maps, close } = await scene();
  https.intercept = (stream) => {
    stream.respond({ ":status": 200, "content-length": 100 });
    stream.write("{", () => https.cut());
    return true;
  };
  await assert.rejects(maps.get("a"), (error: unknown) => error instanceof TransportError && error.phase === "receive");
  await close();
});

test("a server that is not there is told by name, and a stranger's certificate is refused", async () => {
  const { maps, transport, https, close } = await scene({ server: "https://127.0.0.1:1" });
  const refused = (error: unknown) => error instanceof TransportError && error.phase === "connect" && error.retryable;
  await assert.rejects(maps.get("a"), refused);
  const stranger = new HttpsTransport({ server: https.url, clock: new VirtualClock() });
  await assert.rejects(stranger.get({ resource: configMaps, namespace: "default", name: "a" }, {}, new AbortController().signal), refused);
  await stranger.close();
  await transport.close();
  await close();
});

test("the token file is read anew after a minute", async () => {
  const folder = mkdtempSync(join(tmpdir(), "token-"));
  const path = join(folder, "token");
  writeFileSync(path, "one\n");
  const { clock, https, close } = await scene();
  const text = JSON.stringify({
    clusters: [{ name: "c", cluster: { server: https.url, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
    users: [{ name: "u", user: { tokenFile: path } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "ns" } }],
    "current-context": "x",
  });
  const context = resolveContext(parseKubeconfig(text));
  assert.equal(context.namespace, "ns");
  const transport = transportFor(context, { clock });
  const sent: unknown[] = [];
  https.intercept = (_, headers) => {
    sent.push(headers["authorization"]);
    return false;
  };
  const list = () => transport.list({ resource: configMaps, namespace: "default" }, {}, new AbortController().signal);
  await list();
  writeFileSync(path, "two\n");
  await list();
  await clock.advance(60_000);
  await list();
  assert.deepEqual(sent, ["Bearer one", "Bearer one", "Bearer two"]);
  await transport.close();
  await close();
  rmSync(folder, { recursive: true });
});

test("a client certificate is presented", async () => {
  const { https, maps, close } = await scene({ certificate: client.certificate, key: client.key });
  let subject = "";
  https.intercept = (stream) => {
    subject = (stream.session!.socket as TLSSocket).getPeerCertificate().subject.CN as string;
    return false;
  };
  await maps.list();
  assert.equal(subject, "someone");
  await close();
});
