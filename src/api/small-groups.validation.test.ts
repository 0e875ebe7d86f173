/** The checks of groups with a kind or two: flow control, discovery, coordination, events, scheduling, node, RBAC. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leases } from "./coordination/v1/lease.ts";
import { type EndpointSlice, endpointSlices } from "./discovery/v1/endpoint-slice.ts";
import { eventsV1 } from "./events/v1/event.ts";
import { examples } from "./examples.ts";
import { flowSchemas } from "./flowcontrol/v1/flow-schema.ts";
import { priorityLevelConfigurations } from "./flowcontrol/v1/priority-level-configuration.ts";
import { runtimeClasses } from "./node/v1/runtime-class.ts";
import { type Change, changed, probeCreates, probeUpdates } from "./probes.ts";
import { clusterRoles } from "./rbac/v1/cluster-role.ts";
import { clusterRoleBindings } from "./rbac/v1/cluster-role-binding.ts";
import { roles } from "./rbac/v1/role.ts";
import { priorityClasses } from "./scheduling/v1/priority-class.ts";
import { created, defaulted, testContext } from "./testing.ts";

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

test("flow schemas and priority levels", () => {
  const subject = { kind: "ServiceAccount", serviceAccount: { namespace: "n", name: "s" } };
  const rule = { subjects: [subject], nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }] };
  const at = "spec.rules[0].subjects[0]";
  probeCreates(flowSchemas, { spec: { priorityLevelConfiguration: { name: "p" }, rules: [rule] } }, [
    [
      { "spec.distinguisherMethod": { type: "x" } },
      'spec.distinguisherMethod.type: Unsupported value: {"Type":"x"}: supported values: "ByNamespace", "ByUser"',
    ],
    [{ [at]: { kind: "x" } }, `${at}.kind: Unsupported value: "x": supported values: "Group", "ServiceAccount", "User"`],
    [
      { [at]: { kind: "ServiceAccount", user: { name: "u" } } },
      `${at}.serviceAccount: Required value: serviceAccount is required when subject kind is 'ServiceAccount'`,
      `${at}.user: Forbidden: user is forbidden when subject kind is not 'User'`,
    ],
    [{ [`${at}.serviceAccount.name`]: "A" }, `${at}.serviceAccount.name: Invalid value: "A": ${subdomain}`],
    [{ "spec.rules[0].nonResourceRules[0].verbs": ["get", "get"] }],
    [{ "spec.priorityLevelConfiguration.name": "" }, "spec.priorityLevelConfiguration.name: Required value: must reference a priority level"],
  ]);
  const limited = { nominalConcurrencyShares: 5, limitResponse: { type: "Reject" } };
  probeCreates(priorityLevelConfigurations, { spec: { type: "Limited", limited } }, [
    [{ "spec.type": "" }, 'spec.type: Unsupported value: "": supported values: "Exempt", "Limited"'],
    [{ "spec.type": "Exempt", "spec.limited": undefined }, "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'"],
    [{ "spec.limited.limitResponse.type": "x" }, 'spec.limited.limitResponse.type: Unsupported value: "x": supported values: "Queue", "Reject"'],
  ]);
});

test("endpoint slices", () => {
  const slice = (addressType: string, ...addresses: string[]) => ({ addressType, endpoints: [{ addresses }], ports: [{ name: "a", port: 80 }] });
  const first = "endpoints[0]";
  probeCreates(endpointSlices, slice("IPv4", "10.0.0.1"), [
    [{ addressType: "" }, "addressType: Required value"],
    [{ addressType: "x" }, 'addressType: Unsupported value: "x": supported values: "FQDN", "IPv4", "IPv6"'],
    [{ [`${first}.addresses`]: [] }, `${first}.addresses: Required value: must contain at least 1 address`],
    [{ [`${first}.addresses`]: ["127.0.0.1"] }, `${first}.addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`],
    [{ [`${first}.hostname`]: "A" }, `${first}.hostname: Invalid value: "A": ${label}`],
    [{ [`${first}.nodeName`]: "A" }, `${first}.nodeName: Invalid value: "A": ${subdomain}`],
    [
      { [`${first}.deprecatedTopology`]: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])) },
      `${first}.deprecatedTopology: Too many: 17: must have at most 16 items`,
    ],
    [{ [`${first}.deprecatedTopology`]: { a: "-" } }, `${first}.deprecatedTopology: Invalid value: "-": ${labelValue}`],
    [{ [`${first}.hints`]: { forZones: [{ name: "a" }, { name: "a" }] } }, `${first}.hints.forZones[1].name: Duplicate value: "a"`],
    [{ "ports[1]": { name: "a" } }, 'ports[1].name: Duplicate value: "a"'],
    [{ "ports[0].protocol": "" }, 'ports[0].protocol: Unsupported value: "": supported values: "SCTP", "TCP", "UDP"'],
    [{ endpoints: Array.from({ length: 1001 }, () => ({})) }, "endpoints: Too many: 1001: must have at most 1000 items"],
  ]);
  probeCreates(endpointSlices, slice("FQDN", "a.example.com."), [
    [{ [`${first}.addresses`]: [""] }, `${first}.addresses[0]: Required value`],
    [{ [`${first}.addresses`]: ["a"] }, `${first}.addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots`],
  ]);
  probeUpdates(endpointSlices, slice("IPv4", "10.0.0.1"), [[{ addressType: "IPv6", endpoints: [] }, 'addressType: Invalid value: "IPv6": field is immutable']]);
});

test("the topology of an endpoint is in its own fields: labels of node and zone go", () => {
  const labels = { "kubernetes.io/hostname": "n", "topology.kubernetes.io/zone": "z", other: "o" };
  const sketch = { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"], deprecatedTopology: labels }] };
  assert.deepEqual(created(endpointSlices, sketch).endpoints?.[0]?.deprecatedTopology, { other: "o" });
  const old = defaulted(endpointSlices, sketch);
  const next = defaulted(endpointSlices, changed(sketch, { "endpoints[0].addresses": ["10.0.0.2"] }));
  endpointSlices.strategy.prepareForUpdate?.(next, old, testContext);
  const kept: EndpointSlice["endpoints"] = [{ addresses: ["10.0.0.2"], conditions: {}, deprecatedTopology: { "kubernetes.io/hostname": "n", other: "o" } }];
  assert.deepEqual(next.endpoints, kept);
});

test("leases", () => {
  probeCreates(leases, { spec: { holderIdentity: "a" } }, [
    [{ "spec.leaseDurationSeconds": 0 }, "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"],
    [{ "spec.leaseTransitions": -1 }, "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"],
  ]);
  assert.equal(created(leases, { spec: { strategy: "x", preferredHolder: "b" } }).spec.strategy, undefined, "coordinated election is off");
  const errors = (spec: object) => leases.strategy.validate?.(defaulted(leases, { spec }), testContext).map(({ type, field }) => `${field} ${type}`);
  assert.deepEqual(errors({ strategy: "x" }), ["spec.strategy.strategy FieldValueNotSupported"]);
  assert.deepEqual(errors({ preferredHolder: "b" }), ["spec.preferredHolder FieldValueForbidden"]);
});

test("events of the newer group", () => {
  const base = examples["events.k8s.io/events"]!;
  const long = "a".repeat(129);
  probeCreates(eventsV1, base, [
    [{ type: "x" }, 'type: Invalid value: "": has invalid value: x'],
    [{ eventTime: undefined }, "eventTime: Required value"],
    [{ reason: "" }, "reason: Required value"],
    [{ action: long }, 'action: Invalid value: "": can have at most 128 characters'],
    [{ note: "a".repeat(1025) }, 'message: Invalid value: "": can have at most 1024 characters'],
    [{ deprecatedCount: 1 }, 'count: Invalid value: "": needs to be unset'],
    [{ deprecatedSource: { host: "h" } }, 'source: Invalid value: "": needs to be unset'],
    [{ series: { count: 1 } }, 'series.count: Invalid value: "": should be at least 2', "series.lastObservedTime: Required value"],
  ]);
  probeUpdates(eventsV1, base, [
    [{ series: { count: 2, lastObservedTime: "2026-01-01T00:00:00.000000Z" } }],
    [{ note: "other" }, 'message: Invalid value: "other": field is immutable'],
    [{ reason: "Other" }, 'reason: Invalid value: "Other": field is immutable'],
    [{ "regarding.uid": "u" }, 'involvedObject: Invalid value: {"kind":"Pod","name":"x","namespace":"default","uid":"u"}: field is immutable'],
  ]);
});

test("priority classes", () => {
  const system = (name: string, value: number, more: object = {}): Change => ({ metadata: { name }, value, ...more });
  const refusal = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error:";
  probeCreates(priorityClasses, { value: 1_000_000_000 }, [
    [{ value: 1_000_000_001 }, "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
    [{ preemptionPolicy: "x" }, 'preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"'],
    [system("system-node-critical", 2_000_001_000)],
    [system("system-a", 1), `${refusal} system-a is not a known system priority class`],
    [system("system-node-critical", 1), `${refusal} value of system-node-critical PriorityClass must be 2000001000`],
    [system("system-node-critical", 2_000_001_000, { globalDefault: true }), `${refusal} globalDefault of system-node-critical PriorityClass must be false`],
  ]);
  probeUpdates(priorityClasses, { value: 5 }, [
    [{ description: "d", globalDefault: true }],
    [{ value: 6 }, "value: Forbidden: may not be changed in an update."],
    [{ preemptionPolicy: "Never" }, 'preemptionPolicy: Invalid value: "Never": field is immutable'],
  ]);
});

test("runtime classes", () => {
  const tolerations = (...list: object[]): Change => ({ "scheduling.tolerations": list });
  const at = "scheduling.tolerations";
  const toleration = { key: "a", operator: "Exists", effect: "NoExecute" };
  probeCreates(runtimeClasses, { handler: "h" }, [
    [{ handler: "" }, `handler: Invalid value: "": ${label}`],
    [{ "scheduling.nodeSelector": { a: "-" } }, `scheduling.nodeSelector: Invalid value: "-": ${labelValue}`],
    [tolerations({ key: "a", value: "-" }), `${at}.tolerations[0].operator: Invalid value: "-": ${labelValue}`],
    [
      tolerations({ ...toleration, tolerationSeconds: 1 }, { ...toleration, tolerationSeconds: 2 }),
      `${at}[1]: Duplicate value: {"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":2}`,
    ],
    [{ "overhead.podFixed": { cpu: "-1" } }, 'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  ]);
  probeUpdates(runtimeClasses, { handler: "h" }, [[{ handler: "i" }, 'handler: Invalid value: "i": field is immutable']]);
});

test("roles and bindings", () => {
  const rule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
  const urls = { verbs: ["get"], nonResourceURLs: ["/a"] };
  const group = "rbac.authorization.k8s.io";
  probeCreates(roles, { rules: [rule] }, [
    [{ "rules[0].verbs": [] }, "rules[0].verbs: Required value: verbs must contain at least one value"],
    [{ "rules[0].apiGroups": [] }, "rules[0].apiGroups: Required value: resource rules must supply at least one api group"],
    [{ "rules[0].resources": [] }, "rules[0].resources: Required value: resource rules must supply at least one resource"],
    [{ "rules[0]": urls }, 'rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs'],
  ]);
  const selectors = "aggregationRule.clusterRoleSelectors";
  const invalid = { matchExpressions: [{ key: "a", operator: "In", values: ["-"] }] };
  probeCreates(clusterRoles, { rules: [urls] }, [
    [{ "rules[0].resources": ["pods"] }, 'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs'],
    [{ aggregationRule: {} }, `${selectors}: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil`],
    [
      { [selectors]: [invalid] },
      `${selectors}[0].matchExpressions[0].values[0]: Invalid value: "-": ${labelValue}`,
      `${selectors}[0]: Invalid value: null: invalid label selector.`,
    ],
  ]);
  const user = { kind: "User", name: "u", apiGroup: group };
  probeCreates(clusterRoleBindings, { roleRef: { apiGroup: group, kind: "ClusterRole", name: "r" }, subjects: [user] }, [
    [{ "roleRef.apiGroup": "x" }, `roleRef.apiGroup: Unsupported value: "x": supported values: "${group}"`],
    [{ "roleRef.kind": "Role" }, 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    [{ "roleRef.name": "" }, "roleRef.name: Required value"],
    [{ "roleRef.name": "a/b" }, "roleRef.name: Invalid value: \"a/b\": may not contain '/'"],
    [{ "subjects[0].name": "" }, "subjects[0].name: Required value"],
    [{ "subjects[0].kind": "x" }, 'subjects[0].kind: Unsupported value: "x": supported values: "ServiceAccount", "User", "Group"'],
    [{ "subjects[0]": { kind: "ServiceAccount", name: "s" } }, "subjects[0].namespace: Required value"],
    [
      { "subjects[0]": { kind: "ServiceAccount", name: "s", namespace: "n", apiGroup: "x" } },
      'subjects[0].apiGroup: Unsupported value: "x": supported values: ""',
    ],
  ]);
  probeUpdates(clusterRoleBindings, { roleRef: { apiGroup: group, kind: "ClusterRole", name: "r" } }, [
    [{ "roleRef.name": "s" }, `roleRef: Invalid value: {"apiGroup":"${group}","kind":"ClusterRole","name":"s"}: cannot change roleRef`],
    [{ subjects: [user] }],
  ]);
});
