/** What the wire forms promise, over real sockets. */
import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { after, before, describe, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { gunzipSync } from "node:zlib";
import type { Scale } from "../../api/autoscaling/v1/scale.ts";
import { configMap, configMaps } from "../../api/core/v1/config-map.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { decodeEnvelope, decodeProtobuf, encodeProtobuf } from "../../machinery/protobuf.ts";
import { notFound } from "../../machinery/status.ts";
import { partialObjectMetadataList } from "../../machinery/table.ts";
import { type HttpScene, startHttpScene } from "../../testing/api-server/http-scene.ts";
import type { HandlerFactory } from "../contract.ts";
import { scaleForm, statusForm } from "../subresources/forms.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const protobuf = "application/vnd.kubernetes.protobuf";

/** An exec that echoes, and refuses one pod by name. */
const echoExec: HandlerFactory = () => ({
  subresources: [
    {
      definition: pods,
      subresource: "exec",
      kind: { group: "", version: "v1", kind: "PodExecOptions" },
      verbs: ["create", "get"],
      longRunning: true,
      connect: async ({ info, upgrade }) => {
        if (info.name === "absent") throw notFound({ group: "", resource: "pods" }, info.name);
        if (upgrade === undefined) throw new Error("cannot exec: no upgrade");
        upgrade.socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n");
        upgrade.socket.write(upgrade.head);
        upgrade.socket.pipe(upgrade.socket);
      },
    },
  ],
});

describe("wire forms", () => {
  let scene: HttpScene;
  before(async () => {
    scene = await startHttpScene({ handlers: [echoExec], requestTimeoutMs: 300 });
    await scene.send("POST", maps, { metadata: { name: "a", labels: { l: "1" } }, data: { k: "v" } });
  });
  after(() => scene.close());

  test("a Table has the kind's columns and rows with metadata", async () => {
    const { body } = await scene.get(maps, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" });
    assert.equal(body.kind, "Table");
    assert.deepEqual(
      body.columnDefinitions.map(({ name }: { name: string }) => name),
      ["Name", "Data", "Age"],
    );
    assert.equal(body.rows[0].cells[0], "a");
    assert.equal(body.rows[0].object.kind, "PartialObjectMetadata");
  });

  test("PartialObjectMetadata leaves everything else out", async () => {
    const { body } = await scene.get(`${maps}/a`, { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" });
    assert.deepEqual(Object.keys(body).sort(), ["apiVersion", "kind", "metadata"]);
    const list = await scene.get(maps, { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" });
    assert.equal(list.body.kind, "PartialObjectMetadataList");
  });

  test("protobuf both ways", async () => {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "proto" }, data: { k: "ü" } };
    const bytes = Buffer.from(encodeProtobuf(configMap, object));
    const created = await scene.send("POST", maps, bytes, { "content-type": protobuf, accept: `${protobuf},application/json` });
    assert.equal(created.code, 201);
    assert.equal(created.headers["content-type"], protobuf);
    const decoded = decodeProtobuf<{ metadata: { uid: string }; data: object }>(configMap, decodeEnvelope(created.bytes));
    assert.deepEqual(decoded.data, { k: "ü" });
    const asJson = await scene.get(`${maps}/proto`);
    assert.equal(asJson.body.metadata.uid, decoded.metadata.uid);
    const list = await scene.get(maps, { accept: protobuf });
    assert.equal(decodeEnvelope(list.bytes).kind, "ConfigMapList");
    await scene.send("DELETE", `${maps}/proto`);
  });

  test("errors, Scale and metadata come as protobuf to those who ask for it", async () => {
    const absent = await scene.get(`${maps}/absent`, { accept: protobuf });
    assert.deepEqual([absent.code, absent.headers["content-type"]], [404, protobuf]);
    const status = decodeProtobuf<{ reason: string; details: object }>(statusForm.schema, decodeEnvelope(absent.bytes));
    assert.deepEqual([status.reason, status.details], ["NotFound", { name: "absent", kind: "configmaps" }]);

    const sets = "/apis/apps/v1/namespaces/default/replicasets";
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    await scene.send("POST", sets, { metadata: { name: "rs" }, spec: { replicas: 2, selector: { matchLabels: { a: "b" } }, template } });
    const scale = await scene.get(`${sets}/rs/scale`, { accept: protobuf });
    const decoded = decodeProtobuf<Scale>(scaleForm.schema, decodeEnvelope(scale.bytes));
    assert.deepEqual([decoded.kind, decoded.spec], ["Scale", { replicas: 2 }]);
    const wanted = Buffer.from(encodeProtobuf(scaleForm.schema, { ...decoded, spec: { replicas: 3 } }));
    const scaled = await scene.send("PUT", `${sets}/rs/scale`, wanted, { "content-type": protobuf });
    assert.deepEqual(scaled.body.spec, { replicas: 3 });

    const metadata = await scene.get(maps, { accept: `${protobuf};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json` });
    assert.equal(metadata.headers["content-type"], protobuf);
    const list = decodeProtobuf<{ items: { metadata: { name: string } }[] }>(partialObjectMetadataList, decodeEnvelope(metadata.bytes));
    assert.equal(list.items[0]?.metadata.name, "a");
    const gone = await scene.send("DELETE", `${sets}/rs`, undefined, { accept: protobuf });
    assert.deepEqual([gone.code, decodeEnvelope(gone.bytes).kind], [200, "Status"]);
  });

  for (const [path, accept, code] of [
    ["/a", "application/json;as=Table;v=v1;g=meta.k8s.io", 200],
    ["/a", `${protobuf};as=Table;v=v1;g=meta.k8s.io`, 406],
    ["/a", `${protobuf};as=Table;v=v1;g=meta.k8s.io,application/json`, 200],
    ["/a", "application/json;as=Table;v=v2;g=meta.k8s.io", 406],
    ["/a", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", 406],
    ["", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", 406],
    ["/a", "text/html", 406],
    ["/a", "text/html,*/*;q=0.1", 200],
    ["/a", "application/yaml", 200],
    ["?watch=1&timeoutSeconds=1", "application/yaml", 406],
    ["/absent", "text/html", 406],
  ] as const) {
    test(`GET ${path || "the list"} as ${accept} answers ${code}`, async () => {
      assert.equal((await scene.get(`${maps}${path}`, { accept })).code, code);
    });
  }

  test("bodies of unknown types are 415, with what is known", async () => {
    const post = await scene.send("POST", maps, "<xml/>", { "content-type": "text/xml" });
    assert.deepEqual([post.code, post.body.reason], [415, "UnsupportedMediaType"]);
    assert.match(post.body.message, /accepted media types include: application\/json, application\/yaml, application\/vnd.kubernetes.protobuf$/);
    assert.equal((await scene.send("PATCH", `${maps}/a`, {}, { "content-type": "application/json" })).code, 415);
    assert.equal((await scene.send("DELETE", `${maps}/a`, "x", { "content-type": "text/plain" })).code, 415);
  });

  test("YAML both ways", async () => {
    const text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  k: v\n";
    const created = await scene.send("POST", maps, text, { "content-type": "application/yaml" });
    assert.equal(created.code, 201);
    const { text: answer } = await scene.get(`${maps}/yaml`, { accept: "application/yaml" });
    assert.match(answer, /^ {2}name: yaml$/m);
    await scene.send("DELETE", `${maps}/yaml`);
  });

  test("a YAML bomb is a 400", async () => {
    const bomb = `a: &a [x, x]\n${Array.from({ length: 25 }, (_, i) => `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [*${String.fromCharCode(97 + i)}, *${String.fromCharCode(97 + i)}]`).join("\n")}\n`;
    const { code } = await scene.send("POST", maps, bomb, { "content-type": "application/yaml" });
    assert.equal(code, 400);
  });

  test("large answers are compressed for those who accept it", async () => {
    await scene.send("POST", maps, { metadata: { name: "large" }, data: { k: "x".repeat(200_000) } });
    const answer = await scene.get(maps, { "accept-encoding": "gzip" });
    assert.equal(answer.headers["content-encoding"], "gzip");
    assert.equal(JSON.parse(gunzipSync(answer.bytes).toString()).kind, "ConfigMapList");
    assert.equal((await scene.get(maps)).headers["content-encoding"], undefined);
    await scene.send("DELETE", `${maps}/large`);
  });

  test("a list that has not changed is compressed once, whatever else is written; one that has shows it", async () => {
    await scene.send("POST", maps, { metadata: { name: "large" }, data: { k: "x".repeat(200_000) } });
    for (const accept of ["application/json", protobuf]) {
      const read = async () => {
        const { headers, bytes } = await scene.get(maps, { "accept-encoding": "gzip", accept });
        assert.equal(headers["content-encoding"], "gzip");
        return gunzipSync(bytes);
      };
      const plain = async () => (await scene.get(maps, { accept })).bytes;
      assert.ok((await read()).equals(await plain()));
      await scene.send("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { generateName: "other-" } });
      const later = await read();
      assert.ok(later.equals(await plain()), "only the head is another");
      await scene.send("PATCH", `${maps}/large`, { data: { changed: accept } }, { "content-type": "application/merge-patch+json" });
      const changed = await read();
      assert.ok(changed.equals(await plain()));
      assert.ok(changed.includes(accept) && !later.includes(accept));
    }
    await scene.send("DELETE", `${maps}/large`);
  });

  test("long selectors and tokens, and many headers, are taken over both protocols", async () => {
    const names = Array.from({ length: 7_000 }, (_, i) => `v${1_000 + i}`).join(",");
    const path = `${maps}?labelSelector=app+in+(${names})`;
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-h${i}`, "1"]));
    assert.equal((await scene.get(path)).code, 200);
    assert.equal((await scene.get("/version", many)).code, 200);
    assert.equal((await overHttp1(scene, "GET", path)).code, 200);
  });

  test("an idle HTTP/1.1 connection is kept for 90 seconds, as kube-apiserver keeps it", async () => {
    const agent = new Agent({ keepAlive: true, ca: scene.ca });
    const headers = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
      httpsRequest(`${scene.url}/version`, { agent }, (message) => message.resume().on("end", () => resolve(message.headers)))
        .on("error", reject)
        .end();
    });
    agent.destroy();
    assert.equal(headers["keep-alive"], "timeout=90");
  });

  test("an unknown field under Warn is a Warning header", async () => {
    const { code, headers } = await scene.send("POST", maps, { metadata: { name: "warned" }, foo: 1 });
    assert.equal(code, 201);
    assert.equal(headers["warning"], '299 - "unknown field \\"foo\\""');
    await scene.send("DELETE", `${maps}/warned`);
  });

  test("integers beyond 2^53 keep their value", async () => {
    const text =
      '{"metadata":{"name":"big","namespace":"default"},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"runAsUser":1}}],"activeDeadlineSeconds":2147483647},"status":{}}';
    assert.equal((await scene.send("POST", "/api/v1/namespaces/default/pods", text)).code, 201);
    const revision = '{"metadata":{"name":"cr"},"revision":9223372036854775807,"data":{"n":9007199254740993}}';
    const created = await scene.send("POST", "/apis/apps/v1/namespaces/default/controllerrevisions", revision);
    assert.match(created.text, /"revision":9223372036854775807/);
    assert.match(created.text, /9007199254740993/);
    assert.match((await scene.get("/apis/apps/v1/namespaces/default/controllerrevisions/cr")).text, /"revision":9223372036854775807/);
  });

  test("a dry run answers as if, and stores nothing", async () => {
    const { code, body } = await scene.send("POST", `${maps}?dryRun=All`, { metadata: { name: "dry" } });
    assert.deepEqual([code, body.metadata.resourceVersion], [201, undefined]);
    assert.equal((await scene.get(`${maps}/dry`)).code, 404);
    const patched = await scene.send("PATCH", `${maps}/a?dryRun=All`, { data: { k: "w" } }, { "content-type": "application/merge-patch+json" });
    assert.equal(patched.body.data.k, "w");
    assert.equal((await scene.get(`${maps}/a`)).body.data.k, "v");
    assert.equal((await scene.send("DELETE", `${maps}/a?dryRun=All`)).code, 200);
    assert.equal((await scene.get(`${maps}/a`)).code, 200);
  });

  test("every answer has an Audit-ID, the client's own if it sends one", async () => {
    assert.match(String((await scene.get("/version")).headers["audit-id"] ?? (await scene.get(maps)).headers["audit-id"]), /-4/);
    assert.equal((await scene.get(maps, { "audit-id": "mine" })).headers["audit-id"], "mine");
  });

  test("a watch streams lines, tables with columns once, and protobuf frames", async () => {
    const query = "watch=1&resourceVersion=0&timeoutSeconds=1";
    const [table, frames] = await Promise.all([
      scene.get(`${maps}?${query}`, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }),
      scene.get(`${maps}?${query}`, { accept: protobuf }),
    ]);
    const first = JSON.parse(table.text.split("\n")[0]!);
    assert.deepEqual([first.type, first.object.kind, first.object.columnDefinitions.length], ["ADDED", "Table", 3]);
    assert.equal(frames.headers["content-type"], `${protobuf};stream=watch`);
    assert.equal(frames.bytes.readUInt32BE(0), frames.bytes.length - 4);
  });

  test("HTTP/1.1 is served on the same port", async () => {
    const { code, text } = await overHttp1(scene, "GET", `${maps}/a`);
    assert.deepEqual([code, JSON.parse(text).metadata.name], [200, "a"]);
    assert.equal((await overHttp1(scene, "HEAD", `${maps}/a`)).text, "");
  });

  test("an upgrade is handed to its handler; a refusal is a readable Status", async () => {
    const upgraded = await upgrade(scene, "/api/v1/namespaces/default/pods/p/exec?command=sh", "hello");
    assert.match(upgraded, /^HTTP\/1\.1 101 [\s\S]*\r\n\r\nhello$/);
    const refused = await upgrade(scene, "/api/v1/namespaces/default/pods/absent/exec", "");
    assert.match(refused, /^HTTP\/1\.1 404 [\s\S]*pods \\"absent\\" not found/);
  });

  test("a body that never comes ends in a timeout, not in waiting", async () => {
    const started = performance.now();
    const answer = await overHttp1(scene, "POST", maps, { "content-length": "100", "content-type": "application/json" });
    assert.deepEqual([answer.code, JSON.parse(answer.text).message], [504, "Timeout: request did not complete within the allotted timeout"]);
    assert.ok(performance.now() - started < 5_000);
  });

  test("clients may ask for a shorter time-out, of requests that end by themselves", async () => {
    // Its own limit is a minute.
    const patient = await startHttpScene();
    const never = { "content-length": "100", "content-type": "application/json" };
    assert.equal((await overHttp1(patient, "POST", `${maps}?timeout=20ms`, never)).code, 504);
    await patient.close();
    for (const [text, problem] of [
      ["abc", 'invalid duration "abc"'],
      ["5", 'missing unit in duration "5"'],
      ["5x", 'unknown unit "x" in duration "5x"'],
    ]) {
      const { code, body } = await scene.get(`${maps}?timeout=${text}`);
      assert.deepEqual([code, body.message], [400, `invalid timeout specified in the request URL - time: ${problem}`]);
    }
    for (const fine of ["", "0s", "1h", "-1s"]) assert.equal((await scene.get(`${maps}?timeout=${fine}`)).code, 200, fine);
    assert.equal((await scene.get(`${maps}?watch=true&timeoutSeconds=1&timeout=abc`)).code, 200);
  });

  test("the reader sees what was written over the wire", async () => {
    assert.equal(scene.server.reader.get(configMaps, "default", "a")?.data?.["k"], "v");
  });
});

function overHttp1(scene: HttpScene, method: string, path: string, headers: Record<string, string> = {}): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({ host: "127.0.0.1", port: scene.port, ca: scene.ca, method, path, headers, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on("end", () => {
        resolve({ code: answer.statusCode ?? 0, text });
        outgoing.destroy();
      });
    });
    outgoing.on("error", reject);
    if (headers["content-length"] === undefined) outgoing.end();
    else outgoing.flushHeaders();
  });
}

/** Everything the server sends after an upgrade request and some bytes; ends at the echo of those bytes or the close. */
function upgrade(scene: HttpScene, path: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: "127.0.0.1", port: scene.port, ca: scene.ca, ALPNProtocols: ["http/1.1"] }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n${bytes}`);
    });
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (bytes !== "" && text.endsWith(bytes)) socket.end();
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}
