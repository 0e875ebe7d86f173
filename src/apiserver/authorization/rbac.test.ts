import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClusterRole, clusterRoles } from "../../api/rbac/v1/cluster-role.ts";
import { type ClusterRoleBinding, clusterRoleBindings } from "../../api/rbac/v1/cluster-role-binding.ts";
import type { PolicyRule, Subject } from "../../api/rbac/v1/common.ts";
import { type Role, roles } from "../../api/rbac/v1/role.ts";
import { type RoleBinding, roleBindings } from "../../api/rbac/v1/role-binding.ts";
import { StatusError } from "../../machinery/status.ts";
import { FakeReader } from "../admission/fake-reader.ts";
import { object } from "../authentication/fixtures.ts";
import type { AdmissionAttributes, AuthorizationAttributes, UserInfo } from "../contract.ts";
import { escalationPlugin } from "./escalation.ts";
import { forbiddenByPolicy } from "./forbidden.ts";
import { RbacAuthorizer } from "./rbac.ts";
import { compileRules, ruleAllows, uncovered } from "./rules.ts";
import { unionAuthorizer } from "./union.ts";

const jane: UserInfo = { name: "jane", groups: ["dev", "system:authenticated"] };
const rbacGroup = "rbac.authorization.k8s.io";

function clusterRole(name: string, rules: PolicyRule[], rest: Partial<ClusterRole> = {}): ClusterRole {
  return object<ClusterRole>("ClusterRole", name, "", { rules, ...rest });
}

function role(name: string, namespace: string, rules: PolicyRule[]): Role {
  return object<Role>("Role", name, namespace, { rules });
}

function clusterBinding(name: string, roleName: string, ...subjects: Subject[]): ClusterRoleBinding {
  return object<ClusterRoleBinding>("ClusterRoleBinding", name, "", { roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: roleName }, subjects });
}

function binding(name: string, namespace: string, kind: string, roleName: string, ...subjects: Subject[]): RoleBinding {
  return object<RoleBinding>("RoleBinding", name, namespace, { roleRef: { apiGroup: rbacGroup, kind, name: roleName }, subjects });
}

/** `verb [group/]resource[/subresource] [namespace/]name`, `-` for no name; a path instead of a resource asks for a URL. */
function ask(user: UserInfo, verb: string, what: string, where = ""): AuthorizationAttributes {
  const base = { user, verb, group: "", version: "v1", resource: "", subresource: "", namespace: "", name: "", path: "" };
  if (what.startsWith("/")) return { ...base, isResourceRequest: false, path: what };
  const [group = "", resource = "", subresource = ""] = what.split("|");
  const [namespace = "", name = ""] = where.split("/");
  return { ...base, isResourceRequest: true, group, resource, subresource, namespace, name };
}

function setup() {
  const reader = new FakeReader();
  const ended = new AbortController();
  const rbac = new RbacAuthorizer(reader, ended.signal);
  return { reader, rbac, ended };
}

test("rules match by verb, group, resource, subresource, name and URL", () => {
  const cases: [PolicyRule, AuthorizationAttributes, boolean][] = [
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }, ask(jane, "get", "|pods", "a/x"), true],
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }, ask(jane, "get", "|pods|log", "a/x"), false],
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods/log"] }, ask(jane, "get", "|pods|log", "a/x"), true],
    [{ verbs: ["get"], apiGroups: [""], resources: ["*/log"] }, ask(jane, "get", "|pods|log", "a/x"), true],
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods/*"] }, ask(jane, "get", "|pods|log", "a/x"), false],
    [{ verbs: ["get"], apiGroups: [""], resources: ["*"] }, ask(jane, "get", "|pods|log", "a/x"), true],
    [{ verbs: ["get"], apiGroups: ["apps"], resources: ["pods"] }, ask(jane, "get", "|pods", "a/x"), false],
    [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, ask(jane, "delete", "apps|deployments", "a/x"), true],
    [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, ask(jane, "get", "/metrics"), false],
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["x"] }, ask(jane, "get", "|pods", "a/x"), true],
    [{ verbs: ["get", "list"], apiGroups: [""], resources: ["pods"], resourceNames: ["x"] }, ask(jane, "list", "|pods", "a/"), false],
    [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }, ask(jane, "get", "/healthz"), true],
    [{ verbs: ["get"], nonResourceURLs: ["/apis/*"] }, ask(jane, "get", "/apis/apps/v1"), true],
    [{ verbs: ["get"], nonResourceURLs: ["/apis/*"] }, ask(jane, "get", "/apis"), false],
    [{ verbs: ["get"], nonResourceURLs: ["*"] }, ask(jane, "post", "/logs"), false],
  ];
  for (const [rule, attributes, expected] of cases) {
    const [compiled] = compileRules([rule]);
    assert.equal(compiled !== undefined && ruleAllows(compiled, attributes), expected, JSON.stringify([rule, attributes]));
  }
});

test("bindings grant cluster-wide or in their namespace, to users, groups and service accounts", () => {
  const { reader, rbac } = setup();
  reader.put(clusterRoles, clusterRole("reader", [{ verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] }]));
  reader.put(roles, role("writer", "shop", [{ verbs: ["create"], apiGroups: [""], resources: ["pods"] }]));
  reader.put(clusterRoleBindings, clusterBinding("all-read", "reader", { kind: "Group", name: "ops" }));
  reader.put(
    roleBindings,
    binding("read", "shop", "ClusterRole", "reader", { kind: "User", name: "jane" }, { kind: "ServiceAccount", name: "robot" }),
    binding("write", "shop", "Role", "writer", { kind: "ServiceAccount", name: "robot", namespace: "factory" }),
  );
  const ops = { name: "joe", groups: ["ops"] };
  const robot = { name: "system:serviceaccount:factory:robot", groups: [] };
  const localRobot = { name: "system:serviceaccount:shop:robot", groups: [] };
  const cases: [AuthorizationAttributes, string, string][] = [
    [ask(ops, "list", "|pods"), "allow", 'RBAC: allowed by ClusterRoleBinding "all-read" of ClusterRole "reader" to Group "ops"'],
    [ask(ops, "list", "|pods", "shop/"), "allow", 'RBAC: allowed by ClusterRoleBinding "all-read" of ClusterRole "reader" to Group "ops"'],
    [ask(jane, "list", "|pods", "shop/"), "allow", 'RBAC: allowed by RoleBinding "read/shop" of ClusterRole "reader" to User "jane"'],
    [ask(jane, "list", "|pods"), "noOpinion", ""],
    [ask(jane, "list", "|pods", "other/"), "noOpinion", ""],
    [ask(robot, "create", "|pods", "shop/"), "allow", 'RBAC: allowed by RoleBinding "write/shop" of Role "writer" to ServiceAccount "robot/factory"'],
    [ask(robot, "create", "|pods", "factory/"), "noOpinion", ""],
    [ask(localRobot, "get", "|pods", "shop/x"), "allow", 'RBAC: allowed by RoleBinding "read/shop" of ClusterRole "reader" to ServiceAccount "robot"'],
  ];
  for (const [attributes, decision, reason] of cases) assert.deepEqual(rbac.authorize(attributes), { decision, reason });
});

test("changes of roles and bindings take effect with the event, and roles that are missing are named", () => {
  const { reader, rbac, ended } = setup();
  const question = ask(jane, "get", "|pods", "shop/x");
  reader.put(clusterRoleBindings, clusterBinding("b", "ghost", { kind: "User", name: "jane" }));
  assert.deepEqual(rbac.authorize(question), { decision: "noOpinion", reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "ghost" not found' });
  reader.put(clusterRoles, clusterRole("ghost", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }]));
  assert.equal(rbac.authorize(question).decision, "allow");
  reader.put(clusterRoleBindings, clusterBinding("b", "ghost", { kind: "User", name: "someone" }));
  assert.equal(rbac.authorize(question).decision, "noOpinion");
  reader.put(clusterRoleBindings, clusterBinding("b", "ghost", { kind: "User", name: "jane" }));
  reader.remove(clusterRoles, "ghost");
  assert.equal(rbac.authorize(question).decision, "noOpinion");
  reader.put(clusterRoles, clusterRole("ghost", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }]));
  reader.remove(clusterRoleBindings, "b");
  assert.equal(rbac.authorize(question).decision, "noOpinion");
  ended.abort();
});

test("system:masters pass before RBAC is asked", async () => {
  const { rbac } = setup();
  const union = unionAuthorizer([rbac]);
  assert.deepEqual(await union.authorize(ask({ name: "admin", groups: ["system:masters"] }, "delete", "|nodes", "/n1")), { decision: "allow", reason: "" });
  assert.deepEqual(await union.authorize(ask(jane, "delete", "|nodes", "/n1")), { decision: "noOpinion", reason: "" });
});

test("a refusal reads as Kubernetes words it", () => {
  const cases: [AuthorizationAttributes, string, string][] = [
    [ask(jane, "list", "|pods", "shop/"), "", 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "shop"'],
    [
      ask(jane, "get", "apps|deployments|scale", "shop/web"),
      "",
      'deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments/scale" in API group "apps" in the namespace "shop"',
    ],
    [ask(jane, "list", "|nodes"), "RBAC: x", 'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope: RBAC: x'],
    [ask(jane, "get", "/metrics"), "", 'forbidden: User "jane" cannot get path "/metrics"'],
    [ask({ name: "<b>", groups: [] }, "get", "/x"), "", 'forbidden: User "&lt;b&gt;" cannot get path "/x"'],
  ];
  for (const [attributes, reason, message] of cases) assert.equal(forbiddenByPolicy(attributes, reason).message, message);
});

test("one set of rules covers another", () => {
  const held: PolicyRule[] = [
    { verbs: ["get", "list"], apiGroups: [""], resources: ["pods", "*/scale"] },
    { verbs: ["*"], apiGroups: ["apps"], resources: ["*"] },
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["a", "b"] },
    { verbs: ["get"], nonResourceURLs: ["/healthz/*"] },
  ];
  const cases: [PolicyRule, boolean][] = [
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }, true],
    [{ verbs: ["get", "watch"], apiGroups: [""], resources: ["pods"] }, false],
    [{ verbs: ["*"], apiGroups: [""], resources: ["pods"] }, false],
    [{ verbs: ["list"], apiGroups: [""], resources: ["replicationcontrollers/scale"] }, true],
    [{ verbs: ["delete"], apiGroups: ["apps"], resources: ["deployments", "deployments/status"] }, true],
    [{ verbs: ["get"], apiGroups: ["", "apps"], resources: ["pods"] }, true],
    [{ verbs: ["get"], apiGroups: ["*"], resources: ["pods"] }, false],
    [{ verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["a"] }, true],
    [{ verbs: ["get"], apiGroups: [""], resources: ["secrets"] }, false],
    [{ verbs: ["get"], nonResourceURLs: ["/healthz/etcd"] }, true],
    [{ verbs: ["get"], nonResourceURLs: ["*"] }, false],
  ];
  for (const [rule, covered] of cases) assert.equal(uncovered(held, [rule]).length === 0, covered, JSON.stringify(rule));
});

function attributesOf(definition: AdmissionAttributes["definition"], written: ClusterRole | RoleBinding, old?: ClusterRole | RoleBinding): AdmissionAttributes {
  return {
    operation: old === undefined ? "CREATE" : "UPDATE",
    definition,
    subresource: "",
    namespace: written.metadata.namespace ?? "",
    name: written.metadata.name,
    object: written,
    oldObject: old,
    user: jane,
    dryRun: false,
    options: {},
    warn: () => {},
    annotate: () => {},
  };
}

test("nobody grants what they do not hold, unless they may escalate or bind", async () => {
  const { reader, rbac } = setup();
  const podReader: PolicyRule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
  reader.put(clusterRoles, clusterRole("pod-reader", [podReader]), clusterRole("admin", [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]));
  reader.put(clusterRoleBindings, clusterBinding("jane-reads", "pod-reader", { kind: "User", name: "jane" }));
  const plugin = escalationPlugin(rbac, rbac);
  const validate = async (attributes: AdmissionAttributes) => plugin.validate?.(attributes);
  await validate(attributesOf(clusterRoles, clusterRole("mine", [podReader])));
  await validate(attributesOf(roleBindings, binding("mine", "shop", "ClusterRole", "pod-reader", { kind: "User", name: "joe" })));
  const greedy = clusterRole("greedy", [{ verbs: ["get", "delete"], apiGroups: [""], resources: ["pods", "nodes"] }]);
  await assert.rejects(
    validate(attributesOf(clusterRoles, greedy)),
    (error) =>
      error instanceof StatusError &&
      error.code === 403 &&
      error.message ===
        'clusterroles.rbac.authorization.k8s.io "greedy" is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
          '{APIGroups:[""], Resources:["nodes"], Verbs:["get" "delete"]}\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
  );
  const toAdmin = binding("up", "shop", "ClusterRole", "admin", { kind: "User", name: "jane" });
  await assert.rejects(validate(attributesOf(roleBindings, toAdmin)), (error) => error instanceof StatusError && error.code === 403);
  const toNothing = binding("up", "shop", "Role", "ghost", { kind: "User", name: "jane" });
  await assert.rejects(validate(attributesOf(roleBindings, toNothing)), (error) => error instanceof StatusError && error.code === 404);
  const aggregated = clusterRole("sum", [], { aggregationRule: { clusterRoleSelectors: [] } });
  await assert.rejects(validate(attributesOf(clusterRoles, aggregated)), /must have cluster-admin privileges to use an aggregationRule/);
  // Changing labels of a role with more rights than one's own is no escalation.
  await validate(attributesOf(clusterRoles, { ...greedy, metadata: { ...greedy.metadata, labels: { a: "b" } } }, greedy));
  reader.put(roles, role("binder", "shop", [{ verbs: ["bind"], apiGroups: [rbacGroup], resources: ["clusterroles"], resourceNames: ["admin"] }]));
  reader.put(roleBindings, binding("jane-binds", "shop", "Role", "binder", { kind: "User", name: "jane" }));
  await validate(attributesOf(roleBindings, toAdmin));
});

test("a check costs microseconds with ten thousand bindings", () => {
  const { reader, rbac } = setup();
  reader.put(clusterRoles, clusterRole("r", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }]));
  for (let index = 0; index < 10_000; index++)
    reader.put(roleBindings, binding(`b${index}`, `ns-${index % 100}`, "ClusterRole", "r", { kind: "User", name: `user-${index}` }));
  const question = ask({ name: "user-42", groups: ["a", "b", "c"] }, "get", "|pods", "ns-42/x");
  const start = process.hrtime.bigint();
  let allowed = 0;
  for (let round = 0; round < 10_000; round++) if (rbac.authorize(question).decision === "allow") allowed++;
  const microseconds = Number(process.hrtime.bigint() - start) / 1000 / 10_000;
  assert.equal(allowed, 10_000);
  // A scan of all bindings would take over 500 µs; the bound is loose because the machine is shared.
  assert.ok(microseconds < 100, `${microseconds} µs`);
});
