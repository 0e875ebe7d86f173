/** Defaults that depend on other fields, and what creates and updates make of objects, kind by kind. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deployments } from "./apps/v1/deployment.ts";
import { statefulSets } from "./apps/v1/stateful-set.ts";
import { cronJobs } from "./batch/v1/cron-job.ts";
import { jobs } from "./batch/v1/job.ts";
import { certificateSigningRequests } from "./certificates/v1/certificate-signing-request.ts";
import { limitRanges } from "./core/v1/limit-range.ts";
import { namespaces } from "./core/v1/namespace.ts";
import { nodes } from "./core/v1/node.ts";
import { persistentVolumeClaims } from "./core/v1/persistent-volume-claim.ts";
import { replicationControllers } from "./core/v1/replication-controller.ts";
import { secrets } from "./core/v1/secret.ts";
import { services } from "./core/v1/service.ts";
import { endpointSlices } from "./discovery/v1/endpoint-slice.ts";
import { jobSpec, selector, template } from "./examples.ts";
import { networkPolicies } from "./networking/v1/network-policy.ts";
import { roleBindings } from "./rbac/v1/role-binding.ts";
import type { AnyResourceDefinition } from "./resource.ts";
import { created, defaulted, type Sketch, testContext } from "./testing.ts";

const defaults: [what: string, definition: AnyResourceDefinition, sketch: Sketch, wanted: Sketch][] = [
  [
    "a service",
    services,
    { spec: { ports: [{ port: 80 }] } },
    { spec: { type: "ClusterIP", sessionAffinity: "None", internalTrafficPolicy: "Cluster", ports: [{ port: 80, protocol: "TCP", targetPort: 80 }] } },
  ],
  [
    "a load balancer",
    services,
    { spec: { type: "LoadBalancer", ports: [{ port: 80 }] } },
    { spec: { externalTrafficPolicy: "Cluster", allocateLoadBalancerNodePorts: true } },
  ],
  ["session affinity", services, { spec: { sessionAffinity: "ClientIP" } }, { spec: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } } }],
  [
    "a deployment",
    deployments,
    { spec: { selector, template } },
    {
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
        template: { spec: { restartPolicy: "Always" } },
      },
    },
  ],
  [
    "a stateful set",
    statefulSets,
    { spec: { selector, template } },
    {
      spec: {
        podManagementPolicy: "OrderedReady",
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      },
    },
  ],
  [
    "a job",
    jobs,
    { spec: jobSpec },
    { spec: { completions: 1, parallelism: 1, backoffLimit: 6, completionMode: "NonIndexed", podReplacementPolicy: "TerminatingOrFailed" } },
  ],
  ["a job with a limit per index", jobs, { spec: { ...jobSpec, backoffLimitPerIndex: 1 } }, { spec: { backoffLimit: 2147483647 } }],
  [
    "a cron job",
    cronJobs,
    { spec: { schedule: "@daily", jobTemplate: { spec: jobSpec } } },
    { spec: { concurrencyPolicy: "Allow", suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 } },
  ],
  [
    "a replication controller",
    replicationControllers,
    { spec: { template } },
    { metadata: { labels: { app: "x" } }, spec: { replicas: 1, selector: { app: "x" } } },
  ],
  [
    "a binding",
    roleBindings,
    { roleRef: { kind: "Role", name: "r" }, subjects: [{ kind: "Group", name: "g" }] },
    { roleRef: { apiGroup: "rbac.authorization.k8s.io" }, subjects: [{ apiGroup: "rbac.authorization.k8s.io" }] },
  ],
  ["an egress policy", networkPolicies, { spec: { egress: [{}] } }, { spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } }],
  ["a slice", endpointSlices, { addressType: "IPv4", ports: [{ port: 80 }] }, { ports: [{ name: "", protocol: "TCP", port: 80 }] }],
  [
    "a limit range",
    limitRanges,
    { spec: { limits: [{ type: "Container", max: { cpu: "2" }, min: { memory: "1Mi" } }] } },
    { spec: { limits: [{ default: { cpu: "2" }, defaultRequest: { cpu: "2", memory: "1Mi" } }] } },
  ],
  ["a secret's text", secrets, { stringData: { a: "b" }, data: { a: "YQ==", c: "Yw==" } }, { type: "Opaque", data: { a: "Yg==", c: "Yw==" } }],
  ["a namespace", namespaces, {}, { metadata: { labels: { "kubernetes.io/metadata.name": "x" } } }],
  ["a node", nodes, { status: { capacity: { cpu: "1" } } }, { status: { allocatable: { cpu: "1" } } }],
];

describe("defaults", () => {
  for (const [what, definition, sketch, wanted] of defaults) it(`of ${what}`, () => assert.partialDeepStrictEqual(defaulted(definition, sketch), wanted));

  it("of secrets leave no text behind", () => assert.equal(defaulted(secrets, { stringData: { a: "b" } }).stringData, undefined));

  it("do nothing the second time", () => {
    for (const [, definition, sketch] of defaults) {
      const once = defaulted(definition, sketch);
      assert.deepEqual(defaulted(definition, { ...once } as unknown as Sketch), once);
    }
  });
});

describe("a create", () => {
  it("ignores the client's status", () => {
    assert.deepEqual(created(deployments, { spec: { selector, template }, status: { replicas: 5 } }).status, {});
    assert.deepEqual(created(services, { spec: {}, status: { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } } }).status, { loadBalancer: {} });
    assert.deepEqual(created(persistentVolumeClaims, {}).status, { phase: "Pending" });
  });

  it("takes the status of a node", () => assert.equal(created(nodes, { status: { phase: "x" } }).status?.phase, "x"));

  it("makes a namespace active and holds it", () => {
    const namespace = created(namespaces, {});
    assert.deepEqual(namespace.status, { phase: "Active" });
    assert.deepEqual(namespace.spec.finalizers, ["kubernetes"]);
  });

  it("gives a job the selector of its own uid", () => {
    const { spec } = created(jobs, { spec: jobSpec });
    assert.deepEqual(spec.selector, { matchLabels: { "batch.kubernetes.io/controller-uid": "u-1" } });
    assert.equal(spec.template.metadata?.labels?.["batch.kubernetes.io/job-name"], "x");
  });

  it("signs a certificate request with the user who asks", () => {
    const { spec } = created(certificateSigningRequests, { spec: { request: "", signerName: "", username: "root", groups: ["system:masters"] } });
    assert.equal(spec.username, testContext.user.name);
    assert.deepEqual(spec.groups, testContext.user.groups);
  });

  it("names both sources of a claim", () => {
    const source = { kind: "PersistentVolumeClaim", name: "y" };
    assert.deepEqual(created(persistentVolumeClaims, { spec: { dataSource: source } }).spec.dataSourceRef, source);
    assert.deepEqual(created(persistentVolumeClaims, { spec: { dataSourceRef: source } }).spec.dataSource, source);
  });
});

describe("an update", () => {
  const update = (definition: AnyResourceDefinition, old: object, after: Sketch) => {
    const object = defaulted(definition, after);
    definition.strategy.prepareForUpdate?.(object, old, testContext);
    // biome-ignore lint/suspicious/noExplicitAny: the table is over many kinds
    return object as any;
  };

  it("counts generations by spec, and by annotations for deployments", () => {
    const old = created(deployments, { spec: { selector, template } });
    assert.equal(update(deployments, old, { spec: { selector, template } }).metadata.generation, 1);
    assert.equal(update(deployments, old, { spec: { selector, template, replicas: 2 } }).metadata.generation, 2);
    assert.equal(update(deployments, old, { metadata: { annotations: { a: "b" } }, spec: { selector, template } }).metadata.generation, 2);
  });

  it("keeps the addresses and node ports of a service that does not name them", () => {
    const old = created(services, { spec: { type: "NodePort", clusterIP: "10.96.0.9", ports: [{ port: 80, nodePort: 30080 }] } });
    const { spec } = update(services, old, { spec: { type: "NodePort", ports: [{ port: 80 }, { name: "b", port: 81 }] } });
    assert.equal(spec.clusterIP, "10.96.0.9");
    assert.deepEqual(spec.clusterIPs, ["10.96.0.9"]);
    assert.deepEqual(
      spec.ports.map(({ nodePort }: { nodePort?: number }) => nodePort),
      [30080, undefined],
    );
  });

  it("frees what another type of service does not have", () => {
    const old = created(services, {
      spec: { type: "NodePort", clusterIP: "10.96.0.9", ports: [{ port: 80, nodePort: 30080 }], externalTrafficPolicy: "Cluster" },
    });
    const inside = update(services, old, { spec: { ...old.spec, type: "ClusterIP" } });
    assert.equal(inside.spec.ports[0].nodePort, undefined);
    assert.equal(inside.spec.externalTrafficPolicy, undefined);
    const outside = update(services, old, { spec: { ...old.spec, type: "ExternalName", externalName: "example.com" } });
    assert.equal(outside.spec.clusterIP, undefined);
    assert.equal(outside.spec.clusterIPs, undefined);
  });

  it("cannot finalize a namespace but through /finalize", () => {
    const old = created(namespaces, {});
    assert.deepEqual(update(namespaces, old, { spec: { finalizers: [] } }).spec.finalizers, ["kubernetes"]);
    const finalized = { ...old, spec: {} };
    namespaces.subresources?.["finalize"]?.prepareForUpdate(finalized, old, testContext);
    assert.deepEqual(finalized.spec, {});
  });

  it("of a certificate request leaves decisions to approvers and certificates to signers", () => {
    const old = created(certificateSigningRequests, { spec: { request: "", signerName: "" } });
    const view = (name: "approval" | "status") => (name === "status" ? certificateSigningRequests.status : certificateSigningRequests.subresources?.[name])!;
    const approved = { ...old, status: { conditions: [{ type: "Approved", status: "True" }], certificate: "YQ==" } };
    view("approval").prepareForUpdate(approved, old, testContext);
    assert.equal(approved.status.certificate, undefined);
    assert.equal(approved.status.conditions?.[0]?.type, "Approved");
    const issued = { ...approved, status: { certificate: "YQ==", conditions: [{ type: "Approved", status: "Unknown" }] } };
    view("status").prepareForUpdate(issued, approved, testContext);
    assert.partialDeepStrictEqual(issued.status, { certificate: "YQ==", conditions: [{ type: "Approved", status: "True" }] });
  });
});
