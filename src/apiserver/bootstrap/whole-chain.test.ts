/** The security half of the request chain on the real API server: one story told through the in-process transport. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TokenRequest } from "../../api/authentication/v1/token-request.ts";
import { type TokenReview, tokenReviews } from "../../api/authentication/v1/token-review.ts";
import { type LocalSubjectAccessReview, localSubjectAccessReviews } from "../../api/authorization/v1/local-subject-access-review.ts";
import { type SelfSubjectAccessReview, selfSubjectAccessReviews } from "../../api/authorization/v1/self-subject-access-review.ts";
import { type SelfSubjectRulesReview, selfSubjectRulesReviews } from "../../api/authorization/v1/self-subject-rules-review.ts";
import { type SubjectAccessReview, subjectAccessReviews } from "../../api/authorization/v1/subject-access-review.ts";
import { configMaps } from "../../api/core/v1/config-map.ts";
import { namespaces } from "../../api/core/v1/namespace.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { resourceQuotas } from "../../api/core/v1/resource-quota.ts";
import { type Service, services } from "../../api/core/v1/service.ts";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import { type ClusterRole, clusterRoles } from "../../api/rbac/v1/cluster-role.ts";
import { roleBindings } from "../../api/rbac/v1/role-binding.ts";
import { startApiServer, systemUser } from "../../cluster/api-server.ts";
import { createSigningKey } from "../../cluster/certificates.ts";
import { StatusError } from "../../machinery/status.ts";
import type { Transport } from "../../machinery/transport.ts";
import { createMemoryStore } from "../../storage/memory/index.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import { settle, VirtualClock } from "../../testing/virtual-clock.ts";
import type { ApiServer } from "../server.ts";

const life = new AbortController();
const { signal } = life;
const clock = new VirtualClock();
let server: ApiServer;
let admin: Transport;

before(async () => {
  server = await startApiServer({
    store: createMemoryStore({ clock }),
    clock,
    random: Math.random,
    logger: silentLogger,
    signal,
    serviceAccountKey: await createSigningKey(),
    serviceSubnet: "10.96.0.0/12",
    clusterDomain: "cluster.local",
    advertiseAddress: "192.0.2.1",
    advertisePort: 6443,
  });
  admin = server.transport(systemUser);
  await admin.create({ resource: namespaces }, { metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": "baseline" } } }, {}, signal);
  await admin.create({ resource: serviceAccounts, namespace: "shop" }, { metadata: { name: "default" } }, {}, signal);
});

after(async () => {
  life.abort();
  await server.close();
});

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "";
  } catch (error) {
    return error instanceof StatusError ? `${error.code} ${error.message}` : String(error);
  }
}

function createPod(transport: Transport, name: string, spec: object = {}): Promise<Pod> {
  const body = { metadata: { name }, spec: { containers: [{ name: "a", image: "b" }], ...spec } };
  return transport.create<Pod>({ resource: pods, namespace: "shop" }, body, {}, signal);
}

const inShop = { namespace: "shop" };

test("Service default/kubernetes has its address, and nobody else gets it", async () => {
  const kubernetes = await admin.get<Service>({ resource: services, namespace: "default", name: "kubernetes" }, {}, signal);
  assert.equal(kubernetes.spec.clusterIP, "10.96.0.1");
  const body = { metadata: { name: "thief" }, spec: { clusterIP: "10.96.0.1", ports: [{ port: 80 }] } };
  assert.match(
    await refusal(admin.create({ resource: services, ...inShop }, body, {}, signal)),
    /^422 Service "thief" is invalid: spec.clusterIPs: Invalid value: \["10.96.0.1"\]: failed to allocate IP 10.96.0.1: provided IP is already allocated$/,
  );
});

test("a NodePort service turns into ExternalName and back", async () => {
  const target = { resource: services, ...inShop, name: "s" };
  const created = await admin.create<Service>(
    { resource: services, ...inShop },
    { metadata: { name: "s" }, spec: { type: "NodePort", ports: [{ port: 80 }] } },
    {},
    signal,
  );
  assert.ok((created.spec.ports?.[0]?.nodePort ?? 0) >= 30_000);
  const external = await admin.patch<Service>(target, { spec: { type: "ExternalName", externalName: "a.example" } }, { type: "merge" }, signal);
  assert.deepEqual([external.spec.clusterIP, external.spec.clusterIPs, external.spec.ports?.[0]?.nodePort], [undefined, undefined, undefined]);
  const back = await admin.patch<Service>(target, { spec: { type: "ClusterIP", externalName: null } }, { type: "merge" }, signal);
  assert.match(back.spec.clusterIP ?? "", /^10\./);
});

test("pods are admitted as Kubernetes does, and their tokens end with them", async () => {
  const pod = await createPod(admin, "web");
  assert.equal(pod.spec?.serviceAccountName, "default");
  assert.equal(pod.spec.priority, 0);
  assert.equal(pod.spec.tolerations?.length, 2);
  assert.equal(pod.spec.containers[0]?.volumeMounts?.[0]?.mountPath, "/var/run/secrets/kubernetes.io/serviceaccount");
  assert.match(
    await refusal(createPod(admin, "bad", { hostNetwork: true })),
    /^403 pods "bad" is forbidden: violates PodSecurity "baseline:latest": host namespaces \(hostNetwork=true\)$/,
  );
  const body = { spec: { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web" } } };
  const issued = (await admin.create(
    { resource: serviceAccounts, ...inShop, name: "default", subresource: "token" },
    body,
    {},
    signal,
  )) as unknown as TokenRequest;
  const review = async () => {
    const answer = await admin.create<TokenReview>({ resource: tokenReviews }, { metadata: {}, spec: { token: issued.status?.token ?? "" } }, {}, signal);
    return [answer.status?.authenticated, answer.status?.user?.username];
  };
  assert.deepEqual(await review(), [true, "system:serviceaccount:shop:default"]);
  await admin.delete({ resource: pods, ...inShop, name: "web" }, { gracePeriodSeconds: 0 }, signal);
  assert.deepEqual(await review(), [false, undefined]);
});

test("a quota holds against creates that come at once", async () => {
  await admin.create({ resource: resourceQuotas, ...inShop }, { metadata: { name: "q" }, spec: { hard: { pods: "3" } } }, {}, signal);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => refusal(createPod(admin, `p${index}`))));
  assert.equal(answers.filter((answer) => answer === "").length, 3);
  assert.match(answers.find((answer) => answer !== "") ?? "", /exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3$/);
  await admin.delete({ resource: pods, ...inShop, name: "p0" }, { gracePeriodSeconds: 0 }, signal);
  await admin.delete({ resource: resourceQuotas, ...inShop, name: "q" }, {}, signal);
});

test("users do what roles allow, and reviews say the same", async () => {
  const jane = server.transport({ name: "jane", groups: ["system:authenticated"] });
  const list = () => refusal(jane.list({ resource: configMaps, ...inShop }, {}, signal));
  const resourceAttributes = { verb: "list", resource: "configmaps", namespace: "shop" };
  const mayI = async () =>
    (await jane.create<SelfSubjectAccessReview>({ resource: selfSubjectAccessReviews }, { metadata: {}, spec: { resourceAttributes } }, {}, signal)).status;
  assert.equal(await list(), '403 configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "shop"');
  assert.deepEqual(await mayI(), { allowed: false });
  const body = {
    metadata: { name: "jane" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "jane" }],
  };
  await admin.create({ resource: roleBindings, ...inShop }, body, {}, signal);
  assert.equal(await list(), "");
  assert.deepEqual(await mayI(), { allowed: true, reason: 'RBAC: allowed by RoleBinding "jane/shop" of ClusterRole "view" to User "jane"' });
  const spec = { resourceAttributes, user: "jane" };
  const sar = await admin.create<SubjectAccessReview>({ resource: subjectAccessReviews }, { metadata: {}, spec }, {}, signal);
  const lsar = await admin.create<LocalSubjectAccessReview>(
    { resource: localSubjectAccessReviews, ...inShop },
    { metadata: { namespace: "shop" }, spec },
    {},
    signal,
  );
  assert.deepEqual([sar.status?.allowed, lsar.status?.allowed], [true, true]);
  const rules = await jane.create<SelfSubjectRulesReview>({ resource: selfSubjectRulesReviews }, { metadata: {}, spec: { namespace: "shop" } }, {}, signal);
  assert.ok(rules.status?.resourceRules.some((rule) => rule.resources?.includes("configmaps")));
  assert.equal(rules.status?.incomplete, false);
});

test("a namespace admin grants no more than they hold", async () => {
  const ada = server.transport({ name: "ada", groups: ["system:authenticated"] });
  const binding = (name: string, role: string, who: string) => ({
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: who }],
  });
  const target = { resource: roleBindings, ...inShop };
  await admin.create(target, binding("ada", "admin", "ada"), {}, signal);
  assert.equal(await refusal(ada.create(target, binding("joe", "edit", "joe"), {}, signal)), "");
  assert.match(
    await refusal(ada.create(target, binding("up", "cluster-admin", "ada"), {}, signal)),
    /^403 .*user "ada" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:/,
  );
});

test("a role labelled for aggregation flows into view, edit and admin", async () => {
  const rule = { verbs: ["get"], apiGroups: ["acme.com"], resources: ["widgets"] };
  await admin.create(
    { resource: clusterRoles },
    { metadata: { name: "widgets", labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } }, rules: [rule] },
    {},
    signal,
  );
  for (let round = 0; round < 4; round++) {
    await clock.advance(100);
    await settle(20);
  }
  for (const name of ["view", "edit", "admin"]) {
    const role = await admin.get<ClusterRole>({ resource: clusterRoles, name }, {}, signal);
    assert.ok(
      role.rules?.some((item) => item.apiGroups?.includes("acme.com")),
      name,
    );
  }
});
