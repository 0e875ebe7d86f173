/**
 * Mutated requests of every form: no 5xx but for what is said not to be there (501), no crash. `FUZZ_REQUESTS` and `FUZZ_SEED` ask for more
 * than the few of every test run.
 */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Random } from "../machinery/clock.ts";
import { type HttpScene, startHttpScene } from "../testing/api-server/http-scene.ts";
import { seededRandom } from "../testing/api-server/seeded-random.ts";

const requests = Number(process.env["FUZZ_REQUESTS"] ?? 1500);
const seed = Number(process.env["FUZZ_SEED"] ?? 1);

let scene: HttpScene | undefined;
afterEach(() => scene?.close());

const container = {
  name: "c",
  image: "i",
  ports: [{ containerPort: 80, protocol: "TCP" }],
  env: [{ name: "A", value: "b" }],
  resources: { limits: { cpu: "1" } },
};
const template = { metadata: { labels: { app: "x" } }, spec: { containers: [container], volumes: [{ name: "v", emptyDir: {} }] } };
const bodies: readonly (readonly [path: string, body: object])[] = [
  ["/api/v1/namespaces/default/configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", labels: { a: "b" } }, data: { k: "v" } }],
  ["/api/v1/namespaces/default/pods", { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: template.spec }],
  [
    "/api/v1/namespaces/default/services",
    { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { selector: { app: "x" }, ports: [{ port: 80, targetPort: "http" }] } },
  ],
  [
    "/apis/apps/v1/namespaces/default/deployments",
    { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" }, spec: { replicas: 1, selector: { matchLabels: { app: "x" } }, template } },
  ],
  [
    "/apis/batch/v1/namespaces/default/jobs",
    { apiVersion: "batch/v1", kind: "Job", metadata: { name: "a" }, spec: { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } } },
  ],
  [
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "a" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
    },
  ],
  ["/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "a" }, spec: { taints: [{ key: "k", effect: "NoSchedule" }] } }],
  ["/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } }],
  [
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
    { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "a" }, spec: { minAvailable: 1, selector: {} } },
  ],
  ["/api/v1/namespaces/default/pods/a/eviction", { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "a" } }],
  ["/api/v1/namespaces/default/pods/a/binding", { apiVersion: "v1", kind: "Binding", metadata: { name: "a" }, target: { name: "n" } }],
  ["/apis/apps/v1/namespaces/default/deployments/a/scale", { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "a" }, spec: { replicas: 2 } }],
];
const odd: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  1e300,
  "",
  "x",
  "Ü",
  "a".repeat(300),
  true,
  [],
  {},
  [null],
  [[]],
  { a: null },
  "9999999999999999999",
  "-",
  "1Gi",
  "0.5%",
  "__proto__",
];
const contentTypes = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/merge-patch+json",
  "application/json-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "text/plain",
];
const parameters = [
  "dryRun=All",
  "fieldValidation=Strict",
  "fieldValidation=Ignore",
  "fieldManager=m",
  "force=true",
  "limit=1",
  "continue=zzz",
  "labelSelector=a%3Db,!c",
  "labelSelector=%28%29",
  "fieldSelector=metadata.name%3Da",
  "fieldSelector=%5C",
  "resourceVersion=0",
  "resourceVersion=1",
  "resourceVersionMatch=Exact",
  "pretty=true",
  "watch=1&timeoutSeconds=1&resourceVersion=x",
  "gracePeriodSeconds=-5",
  "propagationPolicy=Orphan",
  "sendInitialEvents=maybe",
];
const accepts = [
  "application/json",
  "*/*",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/yaml",
  "application/json;as=Nothing",
  ";;;",
  "application/json;q=0",
];

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

/** Changes a few values, keys and lists somewhere in a copy. */
function mutate(random: Random, value: unknown): unknown {
  if (random() < 0.04) return pick(random, odd);
  if (Array.isArray(value)) {
    const items = value.map((item) => mutate(random, item));
    if (random() < 0.1) items.push(pick(random, odd), ...items);
    return items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(() => random() > 0.03);
  const changed = entries.map(([key, item]) => [random() < 0.02 ? String(pick(random, odd)) : key, mutate(random, item)]);
  if (random() < 0.1) changed.push([pick(random, ["status", "spec", "metadata", "$patch", "$retainKeys", "extra", "finalizers"]), pick(random, odd)]);
  return Object.fromEntries(changed);
}

function garble(random: Random, text: string): string {
  const at = Math.floor(random() * text.length);
  return random() < 0.5 ? text.slice(0, at) : text.slice(0, at) + String.fromCharCode(Math.floor(random() * 300)) + text.slice(at + 1);
}

function jsonPatch(random: Random): unknown {
  const path = () =>
    `/${Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(random, ["metadata", "spec", "data", "labels", "containers", "0", "-", "~1", "~2", ""])).join("/")}`;
  return Array.from({ length: Math.floor(random() * 4) }, () => ({
    op: pick(random, ["add", "remove", "replace", "move", "copy", "test", "?"]),
    path: path(),
    from: path(),
    value: pick(random, odd),
  }));
}

function nextRequest(random: Random) {
  const [base, body] = pick(random, bodies);
  const method = pick(random, ["POST", "PUT", "PATCH", "GET", "DELETE"]);
  const named =
    method === "POST" || random() < 0.15
      ? base
      : `${base}/a${random() < 0.2 ? pick(random, ["/status", "/scale", "/finalize", "/nothing", "%2f", "/log", "/resize"]) : ""}`;
  const query = Array.from({ length: Math.floor(random() * 3) }, () => pick(random, parameters)).join("&");
  const type = method === "PATCH" ? pick(random, contentTypes.slice(3)) : pick(random, contentTypes.slice(0, random() < 0.8 ? 1 : contentTypes.length));
  const value = type === "application/json-patch+json" ? jsonPatch(random) : mutate(random, body);
  const text = JSON.stringify(value) ?? "";
  const sent = method === "GET" ? undefined : random() < 0.1 ? garble(random, text) : text;
  return { method, path: query === "" ? named : `${named}?${query}`, sent, headers: { "content-type": type, accept: pick(random, accepts) } };
}

test(`${requests} mutated requests find no 5xx (seed ${seed})`, async () => {
  const problems: string[] = [];
  const ignore = () => undefined;
  const record = (fields: object) => {
    problems.push(String((fields as { err?: { stack?: string } }).err?.stack));
  };
  const logger = { debug: ignore, info: ignore, warn: record, error: record, child: () => logger };
  scene = await startHttpScene({ logger });
  const random = seededRandom(seed);
  const failures: string[] = [];
  const work = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const { method, path, sent, headers } = nextRequest(random);
      const { code, text } = await scene!.send(method, path, sent, headers);
      if (code >= 500 && code !== 501) failures.push(`${code} ${method} ${path} ${headers["content-type"]} ${sent} -> ${text}`);
      if (code === 0) failures.push(`no answer: ${method} ${path}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, () => work(requests / 8)));
  assert.deepEqual(problems.slice(0, 3), []);
  assert.deepEqual(failures.slice(0, 5), []);
  assert.equal((await scene.get("/readyz")).code, 200);
});
