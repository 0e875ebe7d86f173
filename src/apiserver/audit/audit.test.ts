import assert from "node:assert/strict";
import { test } from "node:test";
import { startHttpScene } from "../../testing/api-server/http-scene.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { parseRequestInfo } from "../http/request-info.ts";
import { BlockingAuditBackend, BufferedAuditBackend, webhookBatches } from "./backends.ts";
import { Losses } from "./delegate.ts";
import { auditDecision, parseAuditPolicy } from "./policy.ts";
import type { AuditBackend, AuditEvent } from "./trail.ts";

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
  record(event: AuditEvent): undefined {
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

test("in blocking mode an answer waits for its record; in strict mode nothing happens that is not recorded", async () => {
  const kept: string[] = [];
  let full = false;
  const delegate = {
    plugin: "log",
    process: async ([event]: readonly AuditEvent[]) => {
      await new Promise(setImmediate);
      if (full) throw new Error("no space left");
      kept.push(`${event?.verb} ${event?.stage}`);
    },
    close: async () => undefined,
  };
  const backend = (strict: boolean) => new BlockingAuditBackend({ delegate, losses: new Losses(silentLogger), clock: new VirtualClock() }, strict);
  const rules = [{ level: "Metadata" as const, resources: [{ group: "", resources: ["configmaps"] }] }];
  const maps = "/api/v1/namespaces/default/configmaps";
  const map = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
  for (const strict of [false, true]) {
    full = false;
    const http = await startHttpScene({ audit: { policy: { rules }, backends: [backend(strict)] } });
    assert.equal((await http.send("POST", maps, map("a"))).code, 201);
    assert.deepEqual(kept.splice(0), ["create RequestReceived", "create ResponseComplete"]);
    assert.equal((await http.get(`${maps}/none`)).code, 404);
    assert.deepEqual(kept.splice(0), ["get RequestReceived", "get ResponseComplete"]);
    full = true;
    const answer = await http.send("POST", maps, map("b"));
    assert.deepEqual([answer.code, answer.body.message], strict ? [500, "Internal error occurred: failed to store audit event"] : [201, undefined]);
    full = false;
    assert.equal((await http.get(`${maps}/b`)).code, strict ? 404 : 200);
    kept.splice(0);
    const { text } = await http.get("/metrics");
    const metric = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
    assert.ok(metric("apiserver_audit_event_total") >= 6);
    assert.equal(metric('apiserver_audit_error_total\\{plugin="log"\\}'), 2);
    assert.equal(metric("apiserver_audit_requests_rejected_total"), strict ? 1 : 0);
    await http.close();
  }
});

test("what a full buffer loses is counted", async () => {
  const delegate = { plugin: "webhook", process: () => Promise.reject(new Error("refused")), close: async () => undefined };
  const clock = new VirtualClock();
  const backend = new BufferedAuditBackend({ delegate, losses: new Losses(silentLogger), clock }, { ...webhookBatches, bufferSize: 1 });
  const http = await startHttpScene({ audit: { policy: { rules: [{ level: "Metadata" }] }, backends: [backend] } });
  await http.get("/version");
  await http.get("/version");
  await clock.advance(30_000);
  const { text } = await http.get("/metrics");
  assert.match(text, /apiserver_audit_error_total\{plugin="buffered"\} \d/);
  assert.match(text, /apiserver_audit_error_total\{plugin="webhook"\} 1/);
  await http.close();
  await backend.close();
});
