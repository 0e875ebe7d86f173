import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigMap, configMaps } from "../../api/core/v1/config-map.ts";
import { type Endpoints, endpoints } from "../../api/core/v1/endpoints.ts";
import { namespaces } from "../../api/core/v1/namespace.ts";
import { type Service, services } from "../../api/core/v1/service.ts";
import { type EndpointSlice, endpointSlices } from "../../api/discovery/v1/endpoint-slice.ts";
import { type ServiceCIDR, serviceCIDRs } from "../../api/networking/v1/service-cidr.ts";
import { type ClusterRole, clusterRoles } from "../../api/rbac/v1/cluster-role.ts";
import { type ClusterRoleBinding, clusterRoleBindings } from "../../api/rbac/v1/cluster-role-binding.ts";
import { roles } from "../../api/rbac/v1/role.ts";
import { type RoleBinding, roleBindings } from "../../api/rbac/v1/role-binding.ts";
import { priorityClasses } from "../../api/scheduling/v1/priority-class.ts";
import { alreadyExists } from "../../machinery/status.ts";
import { FakeApi } from "../../testing/fake-api.ts";
import { FakeReader } from "../admission/fake-reader.ts";
import { RbacAuthorizer } from "../authorization/rbac.ts";
import { type BootstrapOptions, bootstrap, reconcileKubernetesService } from "./bootstrap.ts";

const options: BootstrapOptions = { serviceCIDRs: ["10.96.0.0/12"], addresses: ["192.0.2.7"], port: 6443, clientCA: "PEM" };
const signal = new AbortController().signal;

async function started(): Promise<FakeApi> {
  const api = new FakeApi();
  await bootstrap(api.transport, options, signal);
  return api;
}

test("a new cluster has its namespaces, priority classes, service range and authentication config", async () => {
  const api = await started();
  assert.deepEqual(
    api
      .all(namespaces)
      .map((item) => item.metadata.name)
      .sort(),
    ["default", "kube-node-lease", "kube-public", "kube-system"],
  );
  assert.deepEqual(
    api
      .all(priorityClasses)
      .map((item) => item.metadata.name)
      .sort(),
    ["system-cluster-critical", "system-node-critical"],
  );
  assert.deepEqual(
    api.all<ServiceCIDR>(serviceCIDRs).map((item) => [item.metadata.name, item.spec.cidrs]),
    [["kubernetes", ["10.96.0.0/12"]]],
  );
  const config = api.all<ConfigMap>(configMaps).find((item) => item.metadata.name === "extension-apiserver-authentication");
  assert.deepEqual([config?.metadata.namespace, config?.data], ["kube-system", { "client-ca-file": "PEM" }]);
});

test("Service default/kubernetes has the first address of the range and endpoints that agree", async () => {
  const api = await started();
  const [service] = api.all<Service>(services);
  assert.equal(service?.spec.clusterIP, "10.96.0.1");
  assert.deepEqual(service.spec.ports, [{ name: "https", protocol: "TCP", port: 443, targetPort: 6443 }]);
  const [slice] = api.all<EndpointSlice>(endpointSlices);
  assert.equal(slice?.metadata.labels?.["kubernetes.io/service-name"], "kubernetes");
  assert.deepEqual(slice.endpoints, [{ addresses: ["192.0.2.7"], conditions: { ready: true } }]);
  const [legacy] = api.all<Endpoints>(endpoints);
  assert.equal(legacy?.metadata.labels?.["endpointslice.kubernetes.io/skip-mirror"], "true");
  assert.deepEqual(legacy.subsets, [{ addresses: [{ ip: "192.0.2.7" }], ports: [{ name: "https", port: 6443, protocol: "TCP" }] }]);
});

test("a second start writes nothing", async () => {
  const api = await started();
  const { revision } = api;
  await bootstrap(api.transport, options, signal);
  assert.equal(api.revision, revision);
});

test("addresses of API servers are followed, the cluster IP stays", async () => {
  const api = await started();
  const [service] = api.all<Service>(services);
  api.put(services, { ...service, spec: { ...service?.spec, clusterIP: "10.96.0.99" } });
  await reconcileKubernetesService(api.transport, { ...options, addresses: ["192.0.2.9", "192.0.2.7"] }, signal);
  assert.equal(api.all<Service>(services)[0]?.spec.clusterIP, "10.96.0.99");
  assert.deepEqual(
    api.all<EndpointSlice>(endpointSlices)[0]?.endpoints?.map((item) => item.addresses[0]),
    ["192.0.2.7", "192.0.2.9"],
  );
});

test("what an administrator changed stays, what is missing comes back", async () => {
  const api = await started();
  const find = (name: string) => api.all<ClusterRole>(clusterRoles).find((item) => item.metadata.name === name);
  const extra = { verbs: ["get"], apiGroups: ["acme.com"], resources: ["widgets"] };
  const view = find("system:aggregate-to-view");
  api.put(clusterRoles, { ...view, rules: [extra, ...(view?.rules ?? []).slice(1)] });
  const frozen = find("system:kube-dns");
  api.put(clusterRoles, { ...frozen, rules: [], metadata: { ...frozen?.metadata, annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } } });
  const binding = api.all<ClusterRoleBinding>(clusterRoleBindings).find((item) => item.metadata.name === "system:discovery");
  api.put(clusterRoleBindings, { ...binding, subjects: [{ kind: "User", name: "jane" }] });
  await bootstrap(api.transport, options, signal);
  assert.deepEqual(find("system:aggregate-to-view")?.rules?.[0], extra);
  assert.ok(find("system:aggregate-to-view")?.rules?.some((rule) => rule.resources?.includes("configmaps")));
  assert.deepEqual(find("system:kube-dns")?.rules, []);
  const subjects = api.all<ClusterRoleBinding>(clusterRoleBindings).find((item) => item.metadata.name === "system:discovery")?.subjects;
  assert.deepEqual(
    subjects?.map((subject) => subject.name),
    ["jane", "system:authenticated"],
  );
});

test("two servers may start at once; other failures are told", async () => {
  const api = new FakeApi();
  await Promise.all([bootstrap(api.transport, options, signal), bootstrap(api.transport, options, signal)]);
  const failing = new FakeApi({
    intercept: ({ verb, resource }) => {
      if (verb === "create" && resource === "clusterroles") throw new Error("disk full");
      if (verb === "create" && resource === "namespaces") throw alreadyExists({ group: "", resource: "namespaces" }, "default");
    },
  });
  await assert.rejects(bootstrap(failing.transport, options, signal), /cannot create clusterroles ".*" at start: disk full/);
});

test("the default roles let everybody do their work and no more", async () => {
  const api = await started();
  const reader = new FakeReader()
    .put(clusterRoles, ...api.all<ClusterRole>(clusterRoles))
    .put(clusterRoleBindings, ...api.all<ClusterRoleBinding>(clusterRoleBindings))
    .put(roles, ...api.all(roles))
    .put(roleBindings, ...api.all<RoleBinding>(roleBindings));
  for (const name of ["admin", "edit", "view"]) {
    reader.put(roleBindings, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name, namespace: "shop", uid: name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "User", name: `${name}-user` }],
    } as RoleBinding);
  }
  const rbac = new RbacAuthorizer(reader, signal);
  const controller = (name: string) => `system:serviceaccount:kube-system:${name}`;
  const cases: [string, string, string, string, boolean][] = [
    ["jane", "/version", "get", "", true],
    ["jane", "/apis/apps/v1", "get", "", true],
    ["jane", "/metrics", "get", "", false],
    ["jane", "authorization.k8s.io|selfsubjectaccessreviews", "create", "", true],
    ["jane", "authentication.k8s.io|selfsubjectreviews", "create", "", true],
    ["jane", "|pods", "list", "shop", false],
    ["view-user", "|pods|log", "get", "shop", true],
    ["view-user", "|secrets", "get", "shop", false],
    ["view-user", "|pods", "create", "shop", false],
    ["edit-user", "|secrets", "get", "shop", true],
    ["edit-user", "|pods|exec", "create", "shop", true],
    ["edit-user", "|pods|log", "get", "shop", true],
    ["edit-user", "rbac.authorization.k8s.io|roles", "create", "shop", false],
    ["admin-user", "rbac.authorization.k8s.io|roles", "create", "shop", true],
    ["admin-user", "apps|deployments", "delete", "shop", true],
    ["admin-user", "apps|deployments", "delete", "other", false],
    ["admin-user", "|resourcequotas", "update", "shop", false],
    ["system:kube-scheduler", "|pods|binding", "create", "shop", true],
    ["system:kube-scheduler", "|secrets", "get", "shop", false],
    ["system:kube-controller-manager", "apps|deployments", "watch", "", true],
    ["system:kube-proxy", "discovery.k8s.io|endpointslices", "watch", "", true],
    [controller("deployment-controller"), "apps|replicasets", "create", "shop", true],
    [controller("deployment-controller"), "|pods", "create", "shop", false],
    [controller("namespace-controller"), "|namespaces|finalize", "update", "", true],
    [controller("coredns"), "|services", "watch", "", true],
    [controller("endpointslice-controller"), "discovery.k8s.io|endpointslices|restricted", "create", "shop", true],
    ["system:kube-scheduler", "|configmaps", "get", "kube-system", false],
  ];
  for (const [name, what, verb, namespace, allowed] of cases) {
    const [group = "", resource = "", subresource = ""] = what.split("|");
    const isResourceRequest = !what.startsWith("/");
    const user = { name, groups: ["system:authenticated"] };
    const path = isResourceRequest ? "" : what;
    const attributes = { user, verb, isResourceRequest, group, version: "v1", resource, subresource, namespace, name: "x", path };
    assert.equal(rbac.authorize(attributes).decision === "allow", allowed, `${name} ${verb} ${what} ${namespace}`);
  }
});
