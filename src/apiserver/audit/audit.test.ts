import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startHttpScene } from "../../testing/api-server/http-scene.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import { settle, VirtualClock } from "../../testing/virtual-clock.ts";
import { parseRequestInfo } from "../http/request-info.ts";
import { FileAuditBackend } from "./file-backend.ts";
import { auditDecision, parseAuditPolicy } from "./policy.ts";
import type { AuditBackend, AuditEvent } from "./trail.ts";
import { WebhookAuditBackend } from "./webhook-backend.ts";

const policy = parseAuditPolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, users: [system:kube-proxy], verbs: [watch]}
- {level: None, nonResourceURLs: ["/healthz*", /version]}
- {level: Metadata, resources: [{group: "", resources: [secrets, "pods/log", "*/status"]}]}
- {level: Request, namespaces: [kube-system], resources: [{group: apps}], omitManagedFields: true}
- {level: Request, userGroups: [auditors], omitStages: [ResponseStarted]}
- {level: RequestResponse}
`);

const decided: readonly [string, string[], string, string, string][] = [
  ["system:kube-proxy", [], "GET", "/api/v1/services?watch=true", "None"],
  ["system:kube-proxy", [], "GET", "/api/v1/services", "RequestResponse"],
  ["alice", [], "GET", "/healthz/ping", "None"],
  ["alice", [], "GET", "/api/v1/namespaces/a/secrets/s", "Metadata"],
  ["alice", [], "GET", "/api/v1/namespaces/a/pods/p/log", "Metadata"],
  ["alice", [], "PUT", "/api/v1/namespaces/a/pods/p/status", "Metadata"],
  ["alice", [], "POST", "/apis/apps/v1/namespaces/kube-system/deployments", "Request"],
  ["alice", [], "POST", "/apis/apps/v1/namespaces/a/deployments", "RequestResponse"],
  ["alice", ["auditors"], "GET", "/metrics", "Request"],
];

test("the first rule that fits decides", () => {
  for (const [name, groups, method, url, level] of decided) {
    const [path = "", query = ""] = url.split("?");
    assert.equal(auditDecision(policy, parseRequestInfo(method, path, new URLSearchParams(query)), { name, groups }).level, level, `${name} ${method} ${url}`);
  }
});

test("a policy that would not record what it says is refused, with the place", () => {
  const policyOf = (rule: string) => `{apiVersion: audit.k8s.io/v1, kind: Policy, metadata: {creationTimestamp: null}, rules: [${rule}]}`;
  assert.deepEqual(parseAuditPolicy(policyOf("{level: None}")).rules.length, 1);
  const cases: [string, RegExp][] = [
    ["{kind: Policy}", /must be kind Policy of audit\.k8s\.io\/v1/],
    [policyOf(""), /rules: Required value/],
    [policyOf("{}"), /rules\[0\]\.level: Required value/],
    [policyOf("{level: All}"), /rules\[0\]\.level: Unsupported value: "All"/],
    [policyOf("{level: None, users: alice}"), /rules\[0\]\.users: Invalid value: "alice": must be a list/],
    [policyOf("{level: None, userGroup: [a]}"), /rules\[0\]\.userGroup: Invalid value: "userGroup": unknown field/],
    [
      policyOf("{level: None, omitStages: [Lunch]}"),
      /rules\[0\]\.omitStages\[0\]: Invalid value: "Lunch": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic/,
    ],
    [policyOf("{level: None, nonResourceURLs: [healthz]}"), /nonResourceURLs\[0\]: Invalid value: "healthz": non-resource URL rules must begin with a '\/'/],
    [policyOf('{level: None, nonResourceURLs: ["/a*b"]}'), /must be the final character of the rule/],
    [policyOf("{level: None, nonResourceURLs: [/a], namespaces: [b]}"), /rules cannot apply to both regular resources and non-resource URLs/],
    [policyOf("{level: None, resources: [{group: apps/v1}]}"), /resources\[0\]\.group: Invalid value: "apps\/v1"/],
    [policyOf("{level: None, resources: [{resourceNames: [a]}]}"), /using resourceNames requires at least one resource/],
  ];
  for (const [text, expected] of cases) assert.throws(() => parseAuditPolicy(text), expected, text);
});

class Kept implements AuditBackend {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  readonly events: any[] = [];
  record(event: AuditEvent): void {
    this.events.push(event);
  }
  async close(): Promise<void> {}
}

test("a server records what the policy says, and no more of secrets", async () => {
  const kept = new Kept();
  const http = await startHttpScene({ audit: { policy: { ...policy, omitStages: [] }, backends: [kept] } });
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { password: "hunter2" } };
  await http.send("POST", "/api/v1/namespaces/default/secrets", secret);
  await http.send("POST", "/api/v1/namespaces/default/configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } }, { "audit-id": "mine" });
  await http.get("/api/v1/namespaces/default/pods/none");
  await http.get("/api/v1/namespaces/default/pods?watch=true&timeoutSeconds=1");
  await http.get("/healthz");
  const of = (resource: string, verb: string) => kept.events.filter(({ objectRef, verb: done }) => objectRef.resource === resource && done === verb);
  const [received, complete] = of("secrets", "create");
  assert.equal(received.stage, "RequestReceived");
  assert.deepEqual([complete.stage, complete.level, complete.responseStatus.code], ["ResponseComplete", "Metadata", 201]);
  assert.deepEqual(complete.annotations, { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" });
  assert.doesNotMatch(JSON.stringify(of("secrets", "create")), /hunter2|requestObject|responseObject/);
  const config = of("configmaps", "create").at(-1);
  assert.deepEqual([config.auditID, config.user.username, config.requestObject.metadata.name], ["mine", "admin", "c"]);
  assert.equal(config.responseObject.metadata.namespace, "default");
  const missing = of("pods", "get").at(-1);
  assert.deepEqual([missing.responseStatus.code, missing.responseStatus.reason], [404, "NotFound"]);
  assert.deepEqual(
    of("pods", "watch").map(({ stage }) => stage),
    ["RequestReceived", "ResponseStarted", "ResponseComplete"],
  );
  assert.ok(kept.events.every(({ requestURI }) => requestURI !== "/healthz"));
  await http.close();
});

test("a server that fails itself says so by a stage of its own; answers are shown without managed fields where the policy says", async () => {
  const kept = new Kept();
  const broken = { path: "/broken", serve: () => Promise.reject(new TypeError("oops")) };
  const audited = { policy: { rules: [{ level: "RequestResponse" as const, omitManagedFields: true }] }, backends: [kept] };
  const http = await startHttpScene({ audit: audited, handlers: [() => ({ routes: [broken] })] });
  assert.equal((await http.get("/broken")).code, 500);
  await http.send("POST", "/api/v1/namespaces/default/configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } });
  await http.get("/api/v1/namespaces/default/configmaps");
  await http.close();
  assert.deepEqual(
    kept.events.filter(({ requestURI }) => requestURI === "/broken").map(({ stage, responseStatus }) => [stage, responseStatus?.code]),
    [
      ["RequestReceived", undefined],
      ["Panic", 500],
    ],
  );
  const shown = kept.events.filter(({ stage, objectRef }) => stage === "ResponseComplete" && objectRef?.resource === "configmaps");
  assert.deepEqual(
    shown.map(({ responseObject }) => responseObject.kind),
    ["ConfigMap", "ConfigMapList"],
  );
  assert.doesNotMatch(JSON.stringify(shown), /managedFields/);
});

const event = {
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  level: "Metadata",
  auditID: "1",
  stage: "ResponseComplete",
  requestURI: "/",
  verb: "get",
  user: {},
} as const;

test("the file has a line an event, is private, and is turned over by size", async () => {
  const folder = await mkdtemp(join(tmpdir(), "audit-"));
  const path = join(folder, "logs", "audit.log");
  const line = JSON.stringify(event).length + 1;
  const backend = new FileAuditBackend({ path, logger: silentLogger, now: () => 0, maxBytes: line * 4, maxBackups: 2 });
  for (let i = 0; i < 18; i++) backend.record({ ...event, auditID: String(i % 10) });
  await backend.close();
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((text) => JSON.parse(text).auditID),
    ["6", "7"],
  );
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await readdir(join(folder, "logs"))).length, 3);
  await rm(folder, { recursive: true });
});

test("the webhook gets batches, again after a pause when it fails, and what is too much is dropped", async () => {
  const clock = new VirtualClock();
  const bodies: { at: number; ids: string[] }[] = [];
  let failures = 2;
  const start = clock.now();
  const post = async (body: string) => {
    bodies.push({ at: clock.now() - start, ids: JSON.parse(body).items.map(({ auditID }: AuditEvent) => auditID) });
    if (failures-- > 0) throw new Error("refused");
  };
  const backend = new WebhookAuditBackend({ post, clock, logger: silentLogger, maxBatchSize: 2, bufferSize: 3, initialBackoffMs: 1_000 });
  backend.record({ ...event, auditID: "a" });
  await clock.advance(30_000);
  assert.deepEqual(bodies, [{ at: 30_000, ids: ["a"] }]);
  for (const auditID of ["b", "c", "d", "dropped"]) backend.record({ ...event, auditID });
  await clock.advance(10_000);
  await backend.close();
  assert.deepEqual(bodies.slice(1), [
    { at: 31_000, ids: ["a"] },
    { at: 32_500, ids: ["a"] },
    { at: 32_500, ids: ["b", "c"] },
    { at: 32_500, ids: ["d"] },
  ]);
  await settle();
  assert.equal(clock.pending, 0);
});

test("old files go by their age, and what is not the log's own stays", async () => {
  const folder = await mkdtemp(join(tmpdir(), "audit-"));
  const names = ["audit-2026-01-01T00-00-00.000Z-000000.log", "audit-2026-01-09T00-00-00.000Z-000000.log", "audit-of-mine.log"];
  await Promise.all(names.map((name) => writeFile(join(folder, name), "")));
  const now = () => Date.UTC(2026, 0, 10);
  const backend = new FileAuditBackend({ path: join(folder, "audit.log"), logger: silentLogger, now, maxBytes: 10, maxBackups: 0, maxAgeDays: 3 });
  for (const auditID of ["1", "2"]) backend.record({ ...event, auditID });
  await backend.close();
  assert.deepEqual((await readdir(folder)).sort(), [
    "audit-2026-01-09T00-00-00.000Z-000000.log",
    "audit-2026-01-10T00-00-00.000Z-000000.log",
    "audit-of-mine.log",
    "audit.log",
  ]);
  await rm(folder, { recursive: true });
});

test("a webhook that does not answer holds up the end for five seconds, not more", async () => {
  const clock = new VirtualClock();
  let asked = 0;
  const post = (_body: string, signal: AbortSignal) => {
    asked++;
    return new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const backend = new WebhookAuditBackend({ post, clock, logger: silentLogger });
  backend.record(event);
  const closed = backend.close();
  await clock.advance(5_000);
  await closed;
  assert.equal(asked, 1);
  assert.equal(clock.pending, 0);
});
