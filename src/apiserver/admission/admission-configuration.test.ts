import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments } from "../../api/apps/v1/deployment.ts";
import { type Namespace, namespaces } from "../../api/core/v1/namespace.ts";
import { persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { type ResourceQuota, type ResourceQuotaSpec, resourceQuotas } from "../../api/core/v1/resource-quota.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { object, testPod } from "../authentication/fixtures.ts";
import type { UserInfo } from "../contract.ts";
import { parseAdmissionConfiguration } from "./admission-configuration.ts";
import { FakeReader } from "./fake-reader.ts";
import { refusalOf, run } from "./fixtures.ts";
import { podSecurity } from "./pod-security.ts";
import { resourceQuota } from "./resource-quota.ts";

const noFiles = (path: string): string => {
  throw new Error(`there is no ${path}`);
};
const wrapped = (plugins: string) => `{apiVersion: apiserver.config.k8s.io/v1, kind: AdmissionConfiguration, plugins: [${plugins}]}`;
const security = (rest: string) => `{apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, ${rest}}`;
const quotas = (rest: string) => `{apiVersion: apiserver.config.k8s.io/v1, kind: ResourceQuotaConfiguration, ${rest}}`;
const inline = (name: string, configuration: string) => parseAdmissionConfiguration(wrapped(`{name: ${name}, configuration: ${configuration}}`), noFiles);

test("settings stand in the file or in files of their own", () => {
  const text = security("defaults: {enforce: baseline, enforce-version: v1.30, warn: restricted}");
  const read = parseAdmissionConfiguration(wrapped("{name: PodSecurity, path: psa.yaml}"), (path) => (path === "psa.yaml" ? text : noFiles(path)));
  assert.deepEqual(read, inline("PodSecurity", text));
  assert.deepEqual(read.podSecurity?.defaults, {
    enforce: { level: "baseline", minor: 30 },
    audit: { level: "privileged", minor: undefined },
    warn: { level: "restricted", minor: undefined },
  });
  assert.deepEqual(parseAdmissionConfiguration(wrapped(""), noFiles), {});
});

test("what cannot be meant is refused with its place", () => {
  const cases: [string, RegExp][] = [
    [wrapped("{name: Wizard}"), /plugins\[0\]\.name: Unsupported value: "Wizard": supported values: "PodSecurity", "ResourceQuota"/],
    [wrapped("{}"), /plugins\[0\]\.name: Required value/],
    [wrapped("{name: PodSecurity}, {name: PodSecurity}"), /plugins\[1\]\.name: Duplicate value: "PodSecurity"/],
    [wrapped("{name: PodSecurity, path: none}"), /there is no none/],
    [wrapped(`{name: PodSecurity, configuration: ${quotas("")}}`), /configuration of PodSecurity: it must be kind PodSecurityConfiguration of pod-security/],
    [
      wrapped(`{name: PodSecurity, configuration: ${security("defaults: {enforce: strict}")}}`),
      /defaults\.enforce: Invalid value: "strict": must be one of privileged, baseline, restricted/,
    ],
    [
      wrapped(`{name: PodSecurity, configuration: ${security("defaults: {warn-version: v2}")}}`),
      /defaults\.warn-version: Invalid value: "v2": must be "latest" or "v1\.x"/,
    ],
    [wrapped(`{name: PodSecurity, configuration: ${security("defaults: {enforced: baseline}")}}`), /defaults\.enforced: .*unknown field/],
    [
      wrapped(`{name: PodSecurity, configuration: ${security("exemptions: {namespaces: [a, A, a]}")}}`),
      /namespaces\[1\]: Invalid value: "A": .*; exemptions\.namespaces\[2\]: Duplicate value: "a"/,
    ],
    [wrapped(`{name: PodSecurity, configuration: ${security('exemptions: {usernames: [""]}')}}`), /exemptions\.usernames\[0\]: Required value/],
    [wrapped(`{name: ResourceQuota, configuration: ${quotas("limitedResources: [{apiGroup: apps}]")}}`), /limitedResources\[0\]\.resource: Required value/],
  ];
  for (const [text, expected] of cases) assert.throws(() => parseAdmissionConfiguration(text, noFiles), expected, text);
});

const privilegedSpec = { containers: [{ name: "a", securityContext: { privileged: true } }] };

test("PodSecurity: defaults hold where labels say nothing; exemptions of user, namespace and runtime class are written down", async () => {
  const { podSecurity: configuration } = inline(
    "PodSecurity",
    security(
      "defaults: {enforce: baseline, audit: baseline, warn: baseline}, exemptions: {usernames: [builder], namespaces: [free], runtimeClasses: [sandbox]}",
    ),
  );
  const namespace = (name: string, labels: Record<string, string> = {}): Namespace => {
    const plain = object<Namespace>("Namespace", name, "");
    return { ...plain, metadata: { ...plain.metadata, labels } };
  };
  const reader = new FakeReader()
    .put(namespaces, namespace("plain"))
    .put(namespaces, namespace("free"))
    .put(namespaces, namespace("open", { "pod-security.kubernetes.io/enforce": "privileged" }));
  const plugin = podSecurity(reader, configuration);
  const create = (where: string, spec: object = privilegedSpec, user: UserInfo = { name: "jane", groups: [] }) =>
    run(plugin, { definition: pods, object: testPod("p", where, spec as never), user });
  const key = "pod-security.kubernetes.io";
  await assert.rejects(create("plain"), /violates PodSecurity "baseline:latest": privileged/);
  const open = await create("open");
  assert.match(open.annotations[`${key}/audit-violations`] ?? "", /^would violate PodSecurity "baseline:latest"/);
  assert.match(open.warnings[0] ?? "", /^would violate PodSecurity "baseline:latest"/);
  assert.deepEqual((await create("free")).annotations, { [`${key}/exempt`]: "namespace" });
  assert.deepEqual((await create("plain", privilegedSpec, { name: "builder", groups: [] })).annotations, { [`${key}/exempt`]: "user" });
  assert.deepEqual((await create("plain", { ...privilegedSpec, runtimeClassName: "sandbox" })).annotations, { [`${key}/exempt`]: "runtimeClass" });
  const template = { template: { spec: { ...privilegedSpec, runtimeClassName: "sandbox" } } };
  const deployment = { ...object("Deployment", "d", "plain"), spec: template };
  assert.deepEqual((await run(plugin, { definition: deployments, object: deployment })).annotations, { [`${key}/exempt`]: "runtimeClass" });

  const labels = { [`${key}/enforce`]: "restricted", [`${key}/warn-version`]: "v1.30" };
  const warning = 'namespace "free" is exempt from Pod Security, and the policy (enforce=restricted:latest, warn=restricted:v1.30) will be ignored';
  assert.deepEqual((await run(plugin, { definition: namespaces, object: namespace("free", labels) })).warnings, [warning]);
  assert.deepEqual((await run(plugin, { definition: namespaces, object: namespace("free", labels), oldObject: namespace("free") })).warnings, [warning]);
  assert.deepEqual((await run(plugin, { definition: namespaces, object: namespace("free") })).warnings, []);
});

test("ResourceQuota: what is limited by default needs a quota that covers it", async () => {
  const { limitedResources = [] } = inline(
    "ResourceQuota",
    quotas(
      "limitedResources: [{resource: persistentvolumeclaims, matchContains: [gold.storageclass.storage.k8s.io/requests.storage]}, " +
        "{resource: pods, matchScopes: [{scopeName: PriorityClass, operator: In, values: [vip, boss]}]}]",
    ),
  );
  const clock = new VirtualClock();
  const reader = new FakeReader();
  const plugin = resourceQuota({ reader, clock, signal: new AbortController().signal, limitedResources });
  const quota = (name: string, spec: ResourceQuotaSpec) => reader.put(resourceQuotas, object<ResourceQuota>("ResourceQuota", name, "shop", { spec }));
  const claim = (storageClassName: string) => ({
    ...object("PersistentVolumeClaim", "c", "shop"),
    spec: { storageClassName, resources: { requests: { storage: "1Gi" } } },
  });
  const ask = (storageClassName: string) => refusalOf(plugin, { definition: persistentVolumeClaims, object: claim(storageClassName) });
  const pod = testPod("p", "shop", { containers: [{ name: "a" }], priorityClassName: "vip" });
  const askPod = () => refusalOf(plugin, { definition: pods, object: pod });

  assert.equal(await ask("silver"), "");
  assert.match(await ask("gold"), /"c" is forbidden: insufficient quota to consume: gold\.storageclass\.storage\.k8s\.io\/requests\.storage$/);
  assert.equal(await askPod(), "insufficient quota to match these scopes: [{PriorityClass In [vip boss]}]");
  quota("gold", { hard: { "gold.storageclass.storage.k8s.io/requests.storage": "10Gi" } });
  quota("vip", { hard: { pods: "5" }, scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["vip"] }] } });
  assert.equal(await ask("gold"), "");
  assert.equal(await askPod(), "");
});
