/** kubectl itself reads the documents: a small server answers discovery and OpenAPI, and writes with what was sent. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { allDefinitions } from "../../api/index.ts";
import { type OpenApiInput, openApiV2, openApiV3, openApiV3Index, openApiV3Paths } from "./documents.ts";

const kubectl = "kubectl";
const skip = spawnSync(kubectl, ["version", "--client"]).status === 0 ? false : "needs kubectl";
const input: OpenApiInput = { gitVersion: "v1.36.0", resources: allDefinitions };

let server: Server;
let home: string;
const requests: string[] = [];
/** Objects that GET answers with, by path. */
const stored = new Map<string, unknown>();
const patches: { type: string | undefined; body: unknown }[] = [];

function documentFor(path: string): unknown {
  const resourcesOf = (group: string, version: string) => allDefinitions.filter((item) => item.group === group && item.version === version);
  const list = (group: string, version: string) => ({
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: resourcesOf(group, version).map((item) => ({
      name: item.resource,
      singularName: item.singular,
      namespaced: item.namespaced,
      kind: item.kind,
      verbs: ["get", "list", "create", "patch"],
      shortNames: item.shortNames,
    })),
  });
  const groups = [...new Set(allDefinitions.map(({ group }) => group))].filter((group) => group !== "");
  const versions = (group: string) =>
    [...new Set(allDefinitions.filter((item) => item.group === group).map(({ version }) => version))].map((version) => ({
      groupVersion: `${group}/${version}`,
      version,
    }));
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"] };
  if (path === "/apis")
    return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map((name) => ({ name, versions: versions(name), preferredVersion: versions(name)[0] })) };
  if (path === "/openapi/v3") return openApiV3Index(Object.fromEntries(openApiV3Paths(allDefinitions).map((name) => [name, "0"])));
  if (path === "/openapi/v2") return openApiV2(input);
  const match = /^(\/openapi\/v3)?\/apis?\/(?:([^/]+)\/)?([^/]+)$/.exec(path);
  if (match === null) return undefined;
  const [, openApi, group = "", version = ""] = match;
  return openApi === undefined ? list(group, version) : openApiV3(input, { group, version });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? undefined : JSON.parse(text);
}

before(async () => {
  if (skip !== false) return;
  home = mkdtempSync(join(tmpdir(), "openapi-"));
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    requests.push(`${request.method} ${request.url}`);
    const body = await bodyOf(request);
    if (request.method === "PATCH") patches.push({ type: request.headers["content-type"], body });
    const answer = request.method === "POST" ? body : (stored.get(pathname) ?? documentFor(pathname));
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

after(() => {
  if (skip !== false) return;
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true, force: true });
});

function run(...args: string[]): Promise<string> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new Promise((resolve, reject) => {
    execFile(kubectl, ["--server", url, "--cache-dir", home, ...args], { env: { ...process.env, KUBECONFIG: "/dev/null" } }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`kubectl ${args.join(" ")}: ${stderr}`)),
    );
  });
}

test("kubectl explains kinds, fields and nested types", { skip }, async () => {
  const pod = await run("explain", "pod");
  assert.match(pod, /KIND:\s+Pod\nVERSION:\s+v1\n/);
  assert.match(pod, /metadata\s+<ObjectMeta>\n\s+Standard object's metadata/);
  assert.match(pod, /apiVersion\s+<string>\n\s+APIVersion defines/);
  const created = await run("explain", "deployment.metadata.creationTimestamp");
  assert.match(created, /GROUP:\s+apps\nKIND:\s+Deployment\nVERSION:\s+v1\n/);
  assert.match(created, /FIELD: creationTimestamp <(string|Time)>/);
  assert.match(created, /CreationTimestamp is a timestamp/);
  const containers = await run("explain", "pod.spec.containers", "--recursive");
  assert.match(containers, /FIELD: containers <\[\]Container>/);
  assert.match(containers, /\n {2}name\t<string> -required-\n/);
  assert.match(containers, /\n {4}limits\t<map\[string\]Quantity>\n/);
});

test("kubectl finds field validation supported", { skip }, async () => {
  const manifest = join(home, "pod.json");
  writeFileSync(manifest, JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } }));
  requests.length = 0;
  assert.equal(await run("create", "-f", manifest, "--validate=strict", "--dry-run=server", "-o", "name"), "configmap/a\n");
  assert.ok(
    requests.some((line) => line.startsWith("POST ") && line.includes("fieldValidation=Strict")),
    requests.join("\n"),
  );
});

test("kubectl apply merges lists by the keys that the documents name", { skip }, async () => {
  const containers = (image: string) => [
    { name: "a", image, ports: [{ containerPort: 80 }] },
    { name: "b", image: "b:1" },
  ];
  const deployment = (image: string) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", annotations: {} },
    spec: { selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } }, spec: { containers: containers(image) } } },
  });
  const before = deployment("a:1");
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": `${JSON.stringify(before)}\n` };
  stored.set("/apis/apps/v1/namespaces/default/deployments/web", { ...before, metadata: { ...before.metadata, annotations, resourceVersion: "1" } });
  const manifest = join(home, "deployment.json");
  writeFileSync(manifest, JSON.stringify(deployment("a:2")));
  assert.equal(await run("apply", "-f", manifest, "-o", "name"), "deployment.apps/web\n");
  const patch = patches.at(-1)!;
  assert.equal(patch.type, "application/strategic-merge-patch+json");
  assert.deepEqual((patch.body as { spec: unknown }).spec, {
    template: { spec: { "$setElementOrder/containers": [{ name: "a" }, { name: "b" }], containers: [{ image: "a:2", name: "a" }] } },
  });
});
