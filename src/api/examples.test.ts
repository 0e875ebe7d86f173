/** One valid object of every kind: what Kubernetes takes, we take; and the nearest mistakes of many. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { claimSpec, examples, jobSpec, manualJob, selector, template, webhook } from "./examples.ts";
import { allDefinitions } from "./index.ts";
import type { AnyResourceDefinition } from "./resource.ts";
import { created, createErrors, type Sketch, updateErrors } from "./testing.ts";

const keyOf = ({ group, resource }: AnyResourceDefinition) => `${group}/${resource}`;
const stored = allDefinitions.filter(({ virtual }) => virtual !== true);

function definition(key: string): AnyResourceDefinition {
  const found = stored.filter((candidate) => keyOf(candidate) === key);
  return found.at(-1)!;
}

describe("a valid object of every kind", () => {
  for (const each of stored) {
    const example = examples[keyOf(each)];
    it(`${keyOf(each)} ${each.version}`, () => {
      assert.ok(example !== undefined, "no example");
      assert.deepEqual(createErrors(each, example), []);
    });
    it(`${keyOf(each)} ${each.version} stays as it is`, () => assert.deepEqual(updateErrors(each, example ?? {}, { ...created(each, example ?? {}) }), []));
  }

  it("shows in a table", () => {
    for (const each of stored) {
      const object = created(each, examples[keyOf(each)] ?? {});
      for (const column of each.columns ?? []) {
        const cell = column.cell(object, 0);
        assert.ok(["string", "number", "boolean"].includes(typeof cell), `${keyOf(each)} ${column.name}: ${String(cell)}`);
      }
    }
  });
});

const deployment = (spec: Sketch) => ({ spec: { selector, template, ...spec } });

const mistakes: [key: string, what: string, sketch: Sketch, errors: string[]][] = [
  [
    "apps/deployments",
    "no selector",
    { spec: { template } },
    ["spec.selector: Required value", 'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`'],
  ],
  ["apps/deployments", "an empty selector", deployment({ selector: {} }), ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]],
  [
    "apps/deployments",
    "labels that do not match",
    deployment({ selector: { matchLabels: { app: "y" } } }),
    ['spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`'],
  ],
  ["apps/deployments", "negative replicas", deployment({ replicas: -1 }), ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]],
  [
    "apps/deployments",
    "no way to roll",
    deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } } }),
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
  ],
  [
    "apps/deployments",
    "more than all",
    deployment({ strategy: { rollingUpdate: { maxUnavailable: "101%" } } }),
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  ],
  [
    "apps/deployments",
    "rolling to recreate",
    deployment({ strategy: { type: "Recreate", rollingUpdate: {} } }),
    ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  ],
  [
    "apps/deployments",
    "an impatient deadline",
    deployment({ minReadySeconds: 600 }),
    ["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"],
  ],
  [
    "apps/deployments",
    "pods that end",
    deployment({ template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } }),
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  [
    "apps/deployments",
    "no template",
    { spec: { selector } },
    ["spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`", "spec.template.spec.containers: Required value"],
  ],
  [
    "apps/daemonsets",
    "surge and absence",
    { spec: { selector, template, updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } } },
    ["spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"],
  ],
  [
    "apps/statefulsets",
    "an unknown policy",
    { spec: { selector, template, podManagementPolicy: "Any" } },
    ["spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'"],
  ],
  ["batch/jobs", "pods that never end", { spec: { template } }, ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"']],
  [
    "batch/jobs",
    "an index of nothing",
    { spec: { ...jobSpec, completionMode: "Indexed", parallelism: 1 } },
    ["spec.completions: Required value: when completion mode is Indexed"],
  ],
  [
    "batch/jobs",
    "a selector of its own",
    { spec: { ...jobSpec, selector } },
    [
      'spec.template.metadata.labels: Invalid value: {"controller-uid":"u-1","job-name":"x","batch.kubernetes.io/controller-uid":"u-1","batch.kubernetes.io/job-name":"x"}: `selector` does not match template `labels`',
      'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"u-1","app":"x"}}: `selector` not auto-generated',
    ],
  ],
  [
    "batch/cronjobs",
    "an hour too many",
    { spec: { schedule: "0 24 * * *", jobTemplate: { spec: jobSpec } } },
    ['spec.schedule: Invalid value: "0 24 * * *": end of range (24) above maximum (23): 24'],
  ],
  [
    "batch/cronjobs",
    "four fields",
    { spec: { schedule: "0 * * *", jobTemplate: { spec: jobSpec } } },
    ['spec.schedule: Invalid value: "0 * * *": expected exactly 5 fields, found 4: [0 * * *]'],
  ],
  [
    "batch/cronjobs",
    "a zone of nowhere",
    { spec: { schedule: "@daily", timeZone: "Mars/Base", jobTemplate: { spec: jobSpec } } },
    ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
  ],
  ["/services", "no ports", { spec: {} }, ["spec.ports: Required value"]],
  [
    "/services",
    "two ports without names",
    { spec: { ports: [{ port: 80 }, { port: 81 }] } },
    ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
  ],
  [
    "/services",
    "one port twice",
    {
      spec: {
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 80 },
        ],
      },
    },
    ['spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}'],
  ],
  [
    "/services",
    "a node port inside",
    { spec: { ports: [{ port: 80, nodePort: 30000 }] } },
    ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  ],
  [
    "/services",
    "an unknown type",
    { spec: { type: "Magic", ports: [{ port: 80 }] } },
    ['spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
  ],
  ["/services", "an external name that is none", { spec: { type: "ExternalName" } }, ["spec.externalName: Required value"]],
  [
    "/services",
    "a bad address",
    { spec: { clusterIP: "1.2.3", ports: [{ port: 80 }] } },
    ['spec.clusterIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
  [
    "/endpoints",
    "a loopback address",
    { subsets: [{ addresses: [{ ip: "127.0.0.1" }] }] },
    ['subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ],
  ["/secrets", "half a TLS secret", { type: "kubernetes.io/tls", data: { "tls.crt": "YQ==" } }, ["data[tls.key]: Required value"]],
  [
    "/secrets",
    "a key with a slash",
    { data: { "a/b": "YQ==" } },
    [
      "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  ],
  [
    "/events",
    "another namespace",
    { involvedObject: { namespace: "other" } },
    ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  ],
  ["/persistentvolumeclaims", "no size", { spec: { accessModes: ["ReadWriteOnce"] } }, ["spec.resources[storage]: Required value"]],
  [
    "/persistentvolumeclaims",
    "no mode",
    { spec: { resources: claimSpec.resources } },
    ["spec.accessModes: Required value: at least 1 access mode is required"],
  ],
  [
    "/persistentvolumes",
    "no source",
    { spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] } },
    ["spec: Required value: must specify a volume type"],
  ],
  [
    "/limitranges",
    "min over max",
    { spec: { limits: [{ type: "Pod", min: { cpu: "2" }, max: { cpu: "1" } }] } },
    ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  ],
  ["/resourcequotas", "an unknown scope", { spec: { scopes: ["Best"], hard: { pods: "1" } } }, ['spec.scopes: Invalid value: ["Best"]: unsupported scope']],
  ["coordination.k8s.io/leases", "no duration", { spec: { leaseDurationSeconds: 0 } }, ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"]],
  [
    "discovery.k8s.io/endpointslices",
    "the other family",
    { addressType: "IPv6", endpoints: [{ addresses: ["10.0.0.1"] }] },
    ['endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be an IPv6 address'],
  ],
  [
    "rbac.authorization.k8s.io/roles",
    "no verbs",
    { rules: [{ apiGroups: [""], resources: ["pods"] }] },
    ["rules[0].verbs: Required value: verbs must contain at least one value"],
  ],
  [
    "rbac.authorization.k8s.io/roles",
    "a URL in a namespace",
    { rules: [{ verbs: ["get"], nonResourceURLs: ["/x"] }] },
    ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
  ],
  [
    "rbac.authorization.k8s.io/clusterrolebindings",
    "a role of a namespace",
    { roleRef: { kind: "Role", name: "r" } },
    ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  ],
  [
    "scheduling.k8s.io/priorityclasses",
    "beyond all users",
    { value: 2_000_000_000 },
    ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
  ],
  [
    "policy/poddisruptionbudgets",
    "both bounds",
    { spec: { minAvailable: 1, maxUnavailable: 1 } },
    ['spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set'],
  ],
  [
    "networking.k8s.io/ingresses",
    "a relative path",
    { spec: { rules: [{ http: { paths: [{ path: "x", pathType: "Exact", backend: { service: { name: "a", port: { number: 1 } } } }] } }] } },
    ['spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path'],
  ],
  [
    "networking.k8s.io/networkpolicies",
    "a peer of nothing",
    { spec: { ingress: [{ from: [{}] }] } },
    ["spec.ingress[0].from[0]: Required value: must specify a peer"],
  ],
  ["networking.k8s.io/ipaddresses", "no parent", { metadata: { name: "10.0.0.1" }, spec: {} }, ["spec.parentRef: Required value"]],
  [
    "autoscaling/horizontalpodautoscalers",
    "no room",
    { spec: { scaleTargetRef: { kind: "Deployment", name: "x" }, minReplicas: 2, maxReplicas: 1 } },
    ["spec.maxReplicas: Invalid value: 1: must be greater than or equal to `minReplicas`"],
  ],
  ["storage.k8s.io/storageclasses", "no provisioner", {}, ["provisioner: Required value"]],
  [
    "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations",
    "a hand over the deck",
    {
      spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: { queues: 4, handSize: 5 } } } },
    },
    ["spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)"],
  ],
  [
    "admissionregistration.k8s.io/validatingwebhookconfigurations",
    "a name of two parts",
    { webhooks: [{ ...webhook, name: "a.b" }] },
    ['webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
  ],
];

describe("the nearest mistake", () => {
  for (const [key, what, sketch, errors] of mistakes) it(`${key}: ${what}`, () => assert.deepEqual(createErrors(definition(key), sketch), errors));
});

const changes: [key: string, what: string, before: Sketch, after: Sketch, errors: string[]][] = [
  [
    "apps/deployments",
    "another selector",
    deployment({}),
    deployment({ selector: { matchLabels: { app: "x", b: "c" } }, template: { ...template, metadata: { labels: { app: "x", b: "c" } } } }),
    ['spec.selector: Invalid value: {"matchLabels":{"app":"x","b":"c"}}: field is immutable'],
  ],
  [
    "batch/jobs",
    "more completions",
    { spec: { ...manualJob, completions: 1 } },
    { spec: { ...manualJob, completions: 2 } },
    ["spec.completions: Invalid value: 2: field is immutable"],
  ],
  ["/secrets", "another type", { type: "a" }, { type: "b" }, ['type: Invalid value: "b": field is immutable']],
  [
    "/secrets",
    "an unchangeable secret",
    { immutable: true, data: { a: "YQ==" } },
    { immutable: true, data: { a: "Yg==" } },
    ["data: Forbidden: field is immutable when `immutable` is set"],
  ],
  [
    "rbac.authorization.k8s.io/rolebindings",
    "another role",
    { roleRef: { kind: "Role", name: "a" } },
    { roleRef: { kind: "Role", name: "b" } },
    ['roleRef: Invalid value: {"kind":"Role","name":"b","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef'],
  ],
  ["scheduling.k8s.io/priorityclasses", "another value", { value: 1 }, { value: 2 }, ["value: Forbidden: may not be changed in an update."]],
  [
    "discovery.k8s.io/endpointslices",
    "another type",
    { addressType: "IPv4" },
    { addressType: "IPv6" },
    ['addressType: Invalid value: "IPv6": field is immutable'],
  ],
  [
    "/nodes",
    "another CIDR",
    { spec: { podCIDRs: ["10.0.0.0/24"] } },
    { spec: { podCIDRs: ["10.0.1.0/24"] } },
    [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      "[]: Forbidden: node updates may only change labels, taints, or capacity",
    ],
  ],
  [
    "/resourcequotas",
    "another scope",
    { spec: { scopes: ["BestEffort"] } },
    { spec: { scopes: ["NotBestEffort"] } },
    ['spec.scopes: Invalid value: ["NotBestEffort"]: field is immutable'],
  ],
];

describe("what an update may not change", () => {
  for (const [key, what, before, after, errors] of changes) it(`${key}: ${what}`, () => assert.deepEqual(updateErrors(definition(key), before, after), errors));
});
