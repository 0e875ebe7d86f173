/** What a real kube-apiserver was seen to answer, one line a case: a change of a valid object, and the errors it causes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { copyJson } from "../machinery/json.ts";
import { daemonSets } from "./apps/v1/daemon-set.ts";
import { deployments } from "./apps/v1/deployment.ts";
import { replicaSets } from "./apps/v1/replica-set.ts";
import { statefulSets } from "./apps/v1/stateful-set.ts";
import { horizontalPodAutoscalersV2 as horizontalPodAutoscalers } from "./autoscaling/v2/horizontal-pod-autoscaler.ts";
import { cronJobs } from "./batch/v1/cron-job.ts";
import { jobs } from "./batch/v1/job.ts";
import { events } from "./core/v1/event.ts";
import { namespaces } from "./core/v1/namespace.ts";
import { nodes } from "./core/v1/node.ts";
import { persistentVolumes } from "./core/v1/persistent-volume.ts";
import { persistentVolumeClaims } from "./core/v1/persistent-volume-claim.ts";
import { pods } from "./core/v1/pod.ts";
import { podTemplates } from "./core/v1/pod-template.ts";
import { replicationControllers } from "./core/v1/replication-controller.ts";
import { resourceQuotas } from "./core/v1/resource-quota.ts";
import { services } from "./core/v1/service.ts";
import { serviceAccounts } from "./core/v1/service-account.ts";
import { claimSpec, container, jobSpec, selector, template } from "./examples.ts";
import { podDisruptionBudgets } from "./policy/v1/pod-disruption-budget.ts";
import type { AnyResourceDefinition } from "./resource.ts";
import { created, createErrors, defaulted, type Sketch, testContext, updateErrors } from "./testing.ts";

/** Paths in dots, with indexes as names; undefined takes the field away. */
type Change = Readonly<Record<string, unknown>>;
type Case = [change: Change, ...errors: string[]];

function changed(sketch: Sketch, change: Change): Sketch {
  const result = copyJson(sketch) as Record<string, unknown>;
  for (const [path, value] of Object.entries(change)) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let parent = result;
    for (const name of names) {
      parent[name] ??= {};
      parent = parent[name] as Record<string, unknown>;
    }
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  }
  return result;
}

const ports = [{ port: 80 }];
const volume = (source: Sketch): Sketch => ({ spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...source } });
const affinity = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] }] } };
const csi = { driver: "d.example.com", volumeHandle: "h" };
const iscsi = { targetPortal: "1.2.3.4", iqn: "iqn.2015-02.example.com:test", lun: 0 };
const scaled = { spec: { scaleTargetRef: { kind: "Deployment", name: "x" }, maxReplicas: 3 } };
const cpu = { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } };
const noEffects = 'supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"';
const modes = 'supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"';
const mismatch = "`selector` does not match template `labels`";
const metricTypes = 'supported values: "ContainerResource", "External", "Object", "Pods", "Resource"';
const badLabel =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const creates: [definition: AnyResourceDefinition, sketch: Sketch, cases: Case[]][] = [
  [
    services,
    { spec: { ports } },
    [
      [{ "spec.sessionAffinity": "x" }, 'spec.sessionAffinity: Unsupported value: "x": supported values: "ClientIP", "None"'],
      [{ "spec.ipFamilies": ["x"] }, 'spec.ipFamilies[0]: Unsupported value: "x": supported values: "IPv4", "IPv6"'],
      [{ "spec.ipFamilyPolicy": "" }, 'spec.ipFamilyPolicy: Unsupported value: "": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"'],
      [
        { "spec.type": "ExternalName", "spec.externalName": "a.b", "spec.ipFamilyPolicy": "x" },
        "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
      ],
    ],
  ],
  [
    nodes,
    { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } },
    [
      [{ "spec.taints.0.effect": "x" }, `metadata.taints[0].effect: Unsupported value: "x": ${noEffects}`],
      [{ "spec.taints.0.effect": "" }, "metadata.taints[0].effect: Required value"],
    ],
  ],
  [
    persistentVolumes,
    volume({ csi }),
    [
      [{ "spec.accessModes": [""] }, `spec.accessModes: Unsupported value: "": ${modes}`],
      [{ "spec.capacity": {} }, "spec.capacity: Required value", 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
      [
        { "spec.capacity": { storage: "-1" } },
        "spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
        'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
      ],
      [{ "spec.volumeMode": "" }, 'spec.volumeMode: Unsupported value: "": supported values: "Block", "Filesystem"'],
      [
        { "spec.csi.controllerExpandSecretRef": { name: "A" } },
        expectSubdomain("spec.csi.controllerExpandSecretRef.name", "A"),
        "spec.csi.controllerExpandSecretRef.namespace: Required value",
      ],
      [{ "spec.hostPath": { path: "/" } }, "spec.csi: Forbidden: may not specify more than 1 volume type"],
      [
        { "spec.csi": undefined, "spec.nfs": { server: "s", path: "/p" }, "spec.cephfs": {} },
        "spec.cephFS: Forbidden: may not specify more than 1 volume type",
      ],
      [{ "spec.csi": undefined, "spec.gcePersistentDisk": {} }, "spec.persistentDisk.pdName: Required value"],
      [{ "spec.csi": undefined, "spec.local": { path: "/x" } }, "spec.nodeAffinity: Required value: Local volume requires node affinity"],
      [{ "spec.csi": undefined, "spec.azureFile": { secretName: "s", shareName: "h", secretNamespace: "" } }, "spec.azureFile.secretNamespace: Required value"],
      [{ "spec.csi": undefined, "spec.cinder": { volumeID: "v", secretRef: { name: "s" } } }, "spec.cinder.secretRef.namespace: Required value"],
      [{ "spec.csi": undefined, "spec.iscsi": { ...iscsi, iqn: "x" } }, 'spec.iscsi.iqn: Invalid value: "x": must be valid format'],
      [{ "spec.csi": undefined, "spec.iscsi": { ...iscsi, chapAuthSession: true, secretRef: {} } }, "spec.iscsi.secretRef.name: Required value"],
      [
        { "spec.csi": undefined, "spec.azureDisk": { diskName: "d", diskURI: "https://x", kind: "" } },
        'spec.azureDisk.kind: Unsupported value: "": supported values: "Dedicated", "Managed", "Shared"',
      ],
    ],
  ],
  [
    persistentVolumeClaims,
    { spec: claimSpec },
    [
      [{ "spec.accessModes": ["x"] }, `spec.accessModes: Unsupported value: "x": ${modes}`],
      [{ "spec.volumeMode": "" }, 'spec.volumeMode: Unsupported value: "": supported values: "Block", "Filesystem"'],
    ],
  ],
  [
    deployments,
    { spec: { selector, template } },
    [
      [{ "spec.selector": undefined }, "spec.selector: Required value", `spec.template.metadata.labels: Invalid value: {"app":"x"}: ${mismatch}`],
      [
        { "spec.selector.matchLabels.app": "-" },
        `spec.selector.matchLabels: Invalid value: "-": ${badLabel}`,
        'spec.selector: Invalid value: {"matchLabels":{"app":"-"}}: invalid label selector',
      ],
      [
        { "spec.progressDeadlineSeconds": -1 },
        "spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
        "spec.progressDeadlineSeconds: Invalid value: -1: must be greater than minReadySeconds",
      ],
    ],
  ],
  [replicaSets, { spec: { selector, template } }, [[{ "spec.template.metadata": {} }, `spec.template.metadata.labels: Invalid value: null: ${mismatch}`]]],
  [daemonSets, { spec: { selector, template } }, [[{ "spec.selector": undefined }, `spec.template.metadata.labels: Invalid value: {"app":"x"}: ${mismatch}`]]],
  [statefulSets, { spec: { selector, template, serviceName: "x" } }, [[{ "spec.revisionHistoryLimit": -1 }]]],
  [
    replicationControllers,
    { spec: { selector: { app: "x" }, template } },
    [[{ "spec.selector.A b": "y" }, `spec.template.metadata.labels: Invalid value: {"app":"x"}: ${mismatch}`]],
  ],
  [
    jobs,
    { spec: jobSpec },
    [
      [{ "spec.completionMode": "" }, 'spec.completionMode: Unsupported value: "": supported values: "Indexed", "NonIndexed"'],
      [{ "spec.manualSelector": true }, "spec.selector: Required value", `spec.template.metadata.labels: Invalid value: null: ${mismatch}`],
    ],
  ],
  [
    cronJobs,
    { spec: { schedule: "@daily", jobTemplate: { spec: jobSpec } } },
    [
      [
        { "spec.jobTemplate.spec.selector": selector },
        'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: `selector` will be auto-generated',
      ],
    ],
  ],
  [
    horizontalPodAutoscalers,
    scaled,
    [
      [
        { "spec.metrics": [{}] },
        "spec.metrics[0].type: Required value: must specify a metric source type",
        `spec.metrics[0].type: Unsupported value: "": ${metricTypes}`,
      ],
      [
        { "spec.minReplicas": 0 },
        "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
        "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
      ],
      [{ "spec.metrics": [{ type: "Pods", resource: cpu }] }, "spec.metrics[0].pods: Required value: must populate information for the given metric source"],
      [
        { "spec.metrics": [{ type: "Resource", resource: cpu, external: { metric: { name: "m" }, target: { type: "Value", value: "1" } } }] },
        "spec.metrics[0].external: Forbidden: must populate the given metric source only",
      ],
      [
        { "spec.metrics": [{ type: "Object", object: { describedObject: { kind: "A", name: "a" }, metric: {}, target: { type: "x" } } }] },
        "spec.metrics[0].object.metric.name: Required value: must specify a metric name",
        'spec.metrics[0].object.target.type: Invalid value: "x": must be either Utilization, Value, or AverageValue',
        "spec.metrics[0].object.target.averageValue: Required value: must set either a target value or averageValue",
      ],
      [
        { "spec.behavior": { scaleUp: { policies: [{ value: 1, periodSeconds: 1 }] } } },
        'spec.behavior.scaleUp.policies[0].type: Unsupported value: "": supported values: "Percent", "Pods"',
      ],
    ],
  ],
  [
    podDisruptionBudgets,
    { spec: { minAvailable: 1, selector } },
    [[{ "spec.unhealthyPodEvictionPolicy": "" }, 'spec.unhealthyPodEvictionPolicy: Unsupported value: "": supported values: "AlwaysAllow", "IfHealthyBudget"']],
  ],
  [
    events,
    {
      involvedObject: { namespace: "default" },
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingComponent: "a",
      reportingInstance: "i",
      action: "a",
      reason: "r",
    },
    [
      [{ "involvedObject.namespace": "other" }],
      [{ eventTime: undefined, "involvedObject.namespace": "other" }, 'involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
    ],
  ],
  [
    resourceQuotas,
    { spec: { scopeSelector: { matchExpressions: [{}] } } },
    [
      [
        {},
        'spec.scopeSelector.matchExpressions.scopeName: Invalid value: "": unsupported scope',
        'spec.scopeSelector.matchExpressions.operator: Invalid value: "": not a valid selector operator',
      ],
    ],
  ],
  [
    namespaces,
    {},
    [[{ "spec.finalizers": ["x"] }, 'spec.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified']],
  ],
  [podTemplates, { template }, [[{ template: undefined }, "template.spec.containers: Required value"]]],
  [
    pods,
    { spec: { containers: [container] } },
    [
      [{ "spec.preemptionPolicy": "" }, "spec.preemptionPolicy: Required value"],
      [
        { "spec.overhead": { x: "1" } },
        'spec.overhead.limits[x]: Invalid value: "x": must be a standard resource type or fully qualified',
        'spec.overhead.limits[x]: Invalid value: "x": must be a standard resource for containers',
      ],
      [
        { "spec.volumes": [{ name: "v", emptyDir: {} }], "spec.containers.0.volumeMounts": [{ name: "v", mountPath: "/v", mountPropagation: "" }] },
        'spec.containers[0].volumeMounts.mountPropagation: Unsupported value: "": supported values: "Bidirectional", "HostToContainer", "None"',
      ],
      [{ "spec.volumes": [{ name: "v", gcePersistentDisk: {} }] }, "spec.volumes[0].persistentDisk.pdName: Required value"],
    ],
  ],
];

function expectSubdomain(path: string, value: string): string {
  return `${path}: Invalid value: "${value}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
}

describe("a create with one fault", () => {
  for (const [definition, sketch, cases] of creates) {
    for (const [change, ...errors] of cases) {
      it(`${definition.kind}: ${JSON.stringify(change).slice(0, 90)}`, () => assert.deepEqual(createErrors(definition, changed(sketch, change)), errors));
    }
  }
});

const selected = (value: string): Sketch => ({ selector: { matchExpressions: [{ key: "a", operator: "In", values: [value] }] } });

const updates: [definition: AnyResourceDefinition, sketch: Sketch, cases: Case[]][] = [
  [
    nodes,
    { spec: { podCIDR: "10.0.0.0/24", providerID: "x://y" } },
    [
      [{ "spec.unschedulable": true, "spec.taints": [{ key: "a", effect: "NoExecute" }] }],
      [
        { "spec.podCIDR": "10.0.1.0/24" },
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        "[]: Forbidden: node updates may only change labels, taints, or capacity",
      ],
    ],
  ],
  [
    persistentVolumes,
    volume({ hostPath: { path: "/x" }, nodeAffinity: affinity }),
    [
      [
        { "spec.hostPath.path": "/y" },
        'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n- hostPath.path: "/x"\n+ hostPath.path: "/y"',
      ],
      [{ "spec.nodeAffinity": undefined }, "nodeAffinity: Invalid value: null: field is immutable, except for updating from beta label to GA"],
    ],
  ],
  [resourceQuotas, { spec: { scopes: ["BestEffort"] } }, [[{ "spec.scopes": ["BestEffort", "BestEffort"] }]]],
  [
    events,
    { eventTime: "2026-01-01T00:00:00.000000Z", involvedObject: {}, reportingComponent: "a", reportingInstance: "i", action: "a", reason: "r" },
    [[{ eventTime: undefined }]],
  ],
];

describe("an update", () => {
  for (const [definition, sketch, cases] of updates) {
    for (const [change, ...errors] of cases) {
      it(`${definition.kind}: ${JSON.stringify(change).slice(0, 90)}`, () =>
        assert.deepEqual(updateErrors(definition, sketch, changed(sketch, change)), errors));
    }
  }

  it("keeps what was stored before it was judged: values of selectors", () => {
    const claim = (value: string): Sketch => ({ spec: { ...claimSpec, ...selected(value) } });
    assert.equal(createErrors(persistentVolumeClaims, claim("-")).length, 1);
    assert.deepEqual(updateErrors(persistentVolumeClaims, claim("-"), changed(claim("-"), { "metadata.labels": { a: "b" } })), []);
    const pv = volume({ csi, nodeAffinity: changed(affinity, { "required.nodeSelectorTerms.0.matchExpressions.0.values": ["-"] }) });
    const budget: Sketch = { spec: { minAvailable: 1, ...selected("-") } };
    assert.equal(createErrors(podDisruptionBudgets, budget).length, 1);
    assert.deepEqual(updateErrors(podDisruptionBudgets, budget, changed(budget, { "spec.minAvailable": 2 })), []);
    assert.equal(createErrors(persistentVolumes, pv).length, 1);
    assert.deepEqual(updateErrors(persistentVolumes, pv, changed(pv, { "metadata.labels": { a: "b" } })), []);
  });
});

describe("what a write becomes", () => {
  it("podCIDR and podCIDRs tell the same", () => {
    assert.deepEqual(defaulted(nodes, { spec: { podCIDR: "10.0.0.0/24" } }).spec.podCIDRs, ["10.0.0.0/24"]);
    assert.equal(defaulted(nodes, { spec: { podCIDRs: ["10.0.0.0/24"] } }).spec.podCIDR, "10.0.0.0/24");
    assert.deepEqual(defaulted(nodes, { spec: { podCIDR: "10.0.0.0/24", podCIDRs: ["10.1.0.0/24"] } }).spec.podCIDRs, ["10.0.0.0/24"]);
  });

  it("configuration of kubelets is not taken", () => assert.equal(created(nodes, { spec: { configSource: {} } }).spec.configSource, undefined));

  it("phases are never empty", () => {
    assert.equal(defaulted(persistentVolumes, { status: {} }).status?.phase, "Pending");
    assert.equal(defaulted(persistentVolumeClaims, { status: { phase: "" } }).status?.phase, "Pending");
    assert.equal(defaulted(namespaces, {}).status?.phase, "Active");
  });

  it("a job without labels is labelled like its pods", () => {
    const job = created(jobs, { spec: jobSpec });
    assert.deepEqual(job.metadata.labels, job.spec.template.metadata?.labels);
    assert.equal(job.metadata.labels?.["job-name"], "x");
    assert.deepEqual(created(jobs, { metadata: { labels: { a: "b" } }, spec: jobSpec }).metadata.labels, { a: "b" });
  });

  it("a daemon set counts the changes of its template in an annotation", () => {
    const key = "deprecated.daemonset.template.generation";
    const old = created(daemonSets, { spec: { selector, template } });
    assert.equal(old.metadata.annotations?.[key], "1");
    const next = changed(old as unknown as Sketch, { "metadata.annotations": {}, "spec.template.spec.nodeSelector": { a: "b" } });
    const object = defaulted(daemonSets, next);
    daemonSets.strategy.prepareForUpdate?.(object, old, testContext);
    assert.equal(object.metadata.annotations?.[key], "2");
  });

  it("templates of claims have the one version and kind there is", () => {
    const claim = { apiVersion: "x", kind: "y", metadata: { name: "d" }, spec: claimSpec };
    const [first] = defaulted(statefulSets, { spec: { selector, template, volumeClaimTemplates: [claim] } }).spec.volumeClaimTemplates ?? [];
    assert.deepEqual([first?.apiVersion, first?.kind, first?.status?.phase], ["v1", "PersistentVolumeClaim", "Pending"]);
  });

  it("service accounts keep nothing of secrets but names", () =>
    assert.deepEqual(created(serviceAccounts, { secrets: [{ name: "s", namespace: "n", kind: "Secret" }] }).secrets, [{ name: "s" }]));
});
