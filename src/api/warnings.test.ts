import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../machinery/object.ts";
import { daemonSets } from "./apps/v1/daemon-set.ts";
import { deployments } from "./apps/v1/deployment.ts";
import { statefulSets } from "./apps/v1/stateful-set.ts";
import { cronJobs } from "./batch/v1/cron-job.ts";
import { jobs } from "./batch/v1/job.ts";
import { endpoints } from "./core/v1/endpoints.ts";
import { nodes } from "./core/v1/node.ts";
import { persistentVolumes } from "./core/v1/persistent-volume.ts";
import { persistentVolumeClaims } from "./core/v1/persistent-volume-claim.ts";
import { pods } from "./core/v1/pod.ts";
import { podTemplates } from "./core/v1/pod-template.ts";
import { services } from "./core/v1/service.ts";
import { serviceAccounts } from "./core/v1/service-account.ts";
import { endpointSlices } from "./discovery/v1/endpoint-slice.ts";
import { ingresses } from "./networking/v1/ingress.ts";
import { networkPolicies } from "./networking/v1/network-policy.ts";
import { runtimeClasses } from "./node/v1/runtime-class.ts";
import type { ResourceDefinition } from "./resource.ts";
import { csiStorageCapacities } from "./storage/v1/csi-storage-capacity.ts";
import { storageClasses } from "./storage/v1/storage-class.ts";
import { created, defaulted, type Sketch, testContext } from "./testing.ts";

function createWarnings<T extends KubeObject>(definition: ResourceDefinition<T>, sketch: Sketch): string[] {
  return definition.strategy.warnings?.(created(definition, sketch), undefined) ?? [];
}

function updateWarnings<T extends KubeObject>(definition: ResourceDefinition<T>, before: Sketch, after: Sketch): string[] {
  const old = created(definition, before);
  const object = defaulted(definition, after);
  definition.strategy.prepareForUpdate?.(object, old, testContext);
  return definition.strategy.warnings?.(object, old) ?? [];
}

const main = { name: "c", image: "i" };
const nullSelector = "a null labelSelector results in matching no pod";

test("pods that are created with what no longer works, or not as it seems, come with warnings", () => {
  const scenarios: [name: string, sketch: Record<string, unknown>, warnings: string[]][] = [
    ["plain", {}, []],
    [
      "old node labels",
      {
        nodeSelector: { "beta.kubernetes.io/os": "linux" },
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "failure-domain.beta.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" }],
      },
      [
        'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
        `spec.topologySpreadConstraints[0].labelSelector: ${nullSelector}`,
      ],
    ],
    [
      "old labels in affinities",
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: "beta.kubernetes.io/arch", operator: "In", values: ["amd64"] }] }],
            },
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: "a", operator: "Gt", values: ["-1"] }] } }],
          },
          podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: "zone" } }] },
        },
      },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead',
        "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: -1 is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        `spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: ${nullSelector}`,
      ],
    ],
    [
      "volumes",
      {
        volumes: [
          { name: "g", gitRepo: { repository: "r" } },
          { name: "o", storageos: {} },
          { name: "e", ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: "500m" } } } } } },
          {
            name: "p",
            projected: { sources: [{ serviceAccountToken: { path: "token" } }, { configMap: { name: "m", items: [{ key: "k", path: "token" }] } }] },
          },
        ],
      },
      [
        "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
        "spec.volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+",
        'spec.volumes[2].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value "500m" is invalid, must be an integer',
        'spec.volumes[3].projected.sources.configMap[0]: has duplicated path with ServiceAccountToken "token"',
      ],
    ],
    [
      "repetitions",
      {
        hostAliases: [{ ip: "1.1.1.1" }, { ip: "1.1.1.1" }],
        imagePullSecrets: [{ name: "a" }, { name: "a" }, {}],
        containers: [
          {
            ...main,
            env: [
              { name: "A", value: "1" },
              { name: "A", value: "$(A)2" },
              { name: "A", value: "3" },
            ],
          },
        ],
      },
      [
        'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
        'spec.imagePullSecrets[1].name: duplicate name "a"',
        'spec.imagePullSecrets[2].name: invalid empty name ""',
        'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
      ],
    ],
    [
      "fractions of bytes",
      { overhead: { memory: "1m" }, containers: [{ ...main, resources: { limits: { memory: "1500m", cpu: "500m" } } }] },
      [
        'spec.overhead[memory]: fractional byte value "1m" is invalid, must be an integer',
        'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
        // The default of requests are the limits.
        'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    ],
    [
      "ports",
      {
        initContainers: [{ ...main, name: "i", ports: [{ containerPort: 80 }] }],
        containers: [
          {
            ...main,
            ports: [
              { containerPort: 80 },
              { containerPort: 80, hostPort: 8 },
              { containerPort: 80, hostPort: 8, hostIP: "1.1.1.1" },
              { containerPort: 9, hostIP: "1.1.1.1" },
            ],
          },
        ],
      },
      [
        "spec.containers[0].ports[0]: duplicate port definition with spec.initContainers[0].ports[0]",
        "spec.containers[0].ports[1]: overlapping port definition with spec.initContainers[0].ports[0]",
        "spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]",
        "spec.containers[0].ports[2]: overlapping port definition with spec.initContainers[0].ports[0]",
        "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]",
        "spec.containers[0].ports[2]: dangerously ambiguous port definition with spec.containers[0].ports[1]",
        "spec.containers[0].ports[3]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:9 Protocol:TCP HostIP:1.1.1.1}",
      ],
    ],
    [
      "grace and addresses",
      { terminationGracePeriodSeconds: -1, dnsConfig: { nameservers: ["05.06.07.08"] }, hostAliases: [{ ip: "::ffff:1.2.3.4" }] },
      [
        "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
        'spec.dnsConfig.nameservers[0]: non-standard IP address "05.06.07.08" will be considered invalid in a future Kubernetes release: use "5.6.7.8"',
        'spec.hostAliases[0].ip: non-standard IP address "::ffff:1.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
      ],
    ],
  ];
  for (const [name, spec, warnings] of scenarios) {
    assert.deepEqual(createWarnings(pods, { spec: { containers: [main], ...spec } }), warnings, name);
  }
});

test("annotations of pods that fields have replaced", () => {
  const annotations = {
    "scheduler.alpha.kubernetes.io/critical-pod": "",
    "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
    "container.seccomp.security.alpha.kubernetes.io/c": "runtime/default",
  };
  assert.deepEqual(createWarnings(pods, { metadata: { annotations }, spec: { containers: [main] } }), [
    'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
    'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead',
  ]);
});

const oldLabels = { "beta.kubernetes.io/os": "linux" };
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [main], nodeSelector: oldLabels } };
const selector = { matchLabels: { a: "b" } };
const inTemplate = (path: string) => `${path}.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead`;
const nameText =
  "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]";

test("templates warn when they are created and when the generation grows", () => {
  const workload = (replicas: number) => ({ metadata: { name: "a.b" }, spec: { replicas, selector, template } });
  assert.deepEqual(createWarnings(deployments, workload(1)), [nameText, inTemplate("spec.template")]);
  assert.deepEqual(updateWarnings(deployments, workload(1), workload(1)), []);
  assert.deepEqual(updateWarnings(deployments, workload(1), workload(2)), [inTemplate("spec.template")]);
  assert.deepEqual(createWarnings(daemonSets, { metadata: { name: "a.b" }, spec: { selector, template } }), [inTemplate("spec.template")]);
  assert.deepEqual(createWarnings(podTemplates, { template }), [inTemplate("template")]);
  assert.deepEqual(createWarnings(cronJobs, { spec: { schedule: "* * * * *", jobTemplate: { spec: { template } } } }), [
    inTemplate("spec.jobTemplate.spec.template"),
  ]);
});

test("stateful sets warn of claims and of endless histories", () => {
  const sketch = (size: string) => ({
    spec: {
      selector,
      template: { ...template, spec: { containers: [main] } },
      revisionHistoryLimit: -1,
      volumeClaimTemplates: [{ metadata: { name: "v" }, spec: { resources: { requests: { storage: size } } } }],
    },
  });
  const history = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
  const fraction = 'resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer';
  assert.deepEqual(createWarnings(statefulSets, sketch("1500m")), [`spec.volumeClaimTemplates[0].${fraction}`, history]);
  assert.deepEqual(updateWarnings(statefulSets, sketch("1500m"), sketch("1500m")), [`spec.volumeClaimTemplates[0].Spec.${fraction}`, history]);
});

test("jobs too large to follow", () => {
  const spec = { completionMode: "Indexed", completions: 100_001, parallelism: 10_001, template: { spec: { containers: [main] } } };
  assert.match(createWarnings(jobs, { spec }).join(), /^spec: In Indexed Jobs with a number of completions higher than 10\^5/);
  assert.deepEqual(createWarnings(jobs, { spec: { ...spec, parallelism: 10_000 } }), []);
});

test("services", () => {
  const port = { port: 80 };
  const scenarios: [spec: Record<string, unknown>, warnings: string[]][] = [
    [{}, []],
    [
      { clusterIP: "None", sessionAffinity: "ClientIP", externalIPs: ["1.2.3.4"], loadBalancerIP: "1.2.3.4" },
      [
        "spec.loadBalancerIP is ignored for headless services",
        "spec.externalIPs is ignored for headless services",
        "spec.SessionAffinity is ignored for headless services",
      ],
    ],
    [
      { externalIPs: ["1.2.3.04"], externalName: "x" },
      [
        'spec.externalIPs[0]: non-standard IP address "1.2.3.04" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
        "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        'spec.externalName is ignored when spec.type is not "ExternalName"',
      ],
    ],
    [
      { type: "LoadBalancer", loadBalancerSourceRanges: ["192.12.2.8/24", "2001:db8:0:0::/64", "10.0.0.0/08"], trafficDistribution: "PreferClose" },
      [
        'spec.loadBalancerSourceRanges[0]: CIDR value "192.12.2.8/24" is ambiguous in this context (should be "192.12.2.0/24" or "192.12.2.8/32"?)',
        'spec.loadBalancerSourceRanges[1]: IPv6 CIDR value "2001:db8:0:0::/64" should be in RFC 5952 canonical format ("2001:db8::/64")',
        'spec.loadBalancerSourceRanges[2]: non-standard CIDR value "10.0.0.0/08" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"',
        'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
      ],
    ],
  ];
  for (const [spec, warnings] of scenarios) assert.deepEqual(createWarnings(services, { spec: { ports: [port], ...spec } }), warnings);
});

test("other kinds", () => {
  const classAnnotation = "volume.beta.kubernetes.io/storage-class";
  const classText = `metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`;
  const metadata = { annotations: { [classAnnotation]: "a" } };
  assert.deepEqual(createWarnings(persistentVolumeClaims, { metadata, spec: { resources: { requests: { storage: "1Gi" } } } }), [classText]);
  assert.deepEqual(createWarnings(persistentVolumes, { metadata, spec: { persistentVolumeReclaimPolicy: "Recycle", rbd: {} } }), [
    classText,
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
    "spec.rbd: deprecated in v1.28, non-functional in v1.31+",
  ]);
  const ingress = { metadata: { annotations: { "kubernetes.io/ingress.class": "nginx" } }, spec: { rules: [] } };
  assert.deepEqual(createWarnings(ingresses, ingress), [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`]);
  assert.deepEqual(updateWarnings(ingresses, ingress, ingress), []);
  assert.deepEqual(createWarnings(networkPolicies, { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.1/8" } }] }] } }), [
    'spec.ingress[0].from[0].ipBlock.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
  ]);
  assert.deepEqual(createWarnings(nodes, { spec: { externalID: "x" } }), ["spec.externalID: this field is deprecated, and is unused by Kubernetes"]);
  assert.deepEqual(createWarnings(runtimeClasses, { handler: "h", scheduling: { nodeSelector: oldLabels } }), [
    'scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead',
  ]);
  const zone = "failure-domain.beta.kubernetes.io/zone";
  assert.deepEqual(createWarnings(storageClasses, { provisioner: "p", allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: ["a"] }] }] }), [
    'allowedTopologies[0].matchLabelExpressions[0]: deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  ]);
  assert.deepEqual(createWarnings(csiStorageCapacities, { storageClassName: "s", nodeTopology: { matchLabels: { [zone]: "a" } } }), [
    `nodeTopology.matchLabels.${zone}: deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
  ]);
  assert.deepEqual(createWarnings(serviceAccounts, { metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } } }), [
    "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets",
  ]);
  assert.deepEqual(createWarnings(endpoints, { subsets: [{ addresses: [{ ip: "2001:DB8::1" }] }] }), [
    'subsets[0].addresses[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  ]);
  assert.deepEqual(createWarnings(endpointSlices, { addressType: "FQDN", endpoints: [{ addresses: ["a.b"] }] }), [
    "spec.addressType: FQDN endpoints are deprecated",
  ]);
});

test("sources that the older field of claims never held are dropped", () => {
  const claim = (spec: Record<string, unknown>) => created(persistentVolumeClaims, { spec }).spec;
  assert.equal(claim({ dataSource: { apiGroup: "example.com", kind: "Backup", name: "b" } }).dataSource, undefined);
  assert.deepEqual(claim({ dataSource: { kind: "PersistentVolumeClaim", name: "b" } }).dataSourceRef, { kind: "PersistentVolumeClaim", name: "b" });
  assert.deepEqual(claim({ dataSourceRef: { apiGroup: "example.com", kind: "Backup", name: "b" } }).dataSource, {
    apiGroup: "example.com",
    kind: "Backup",
    name: "b",
  });
  assert.equal(claim({ dataSourceRef: { kind: "PersistentVolumeClaim", name: "b", namespace: "other" } }).dataSourceRef, undefined);
});
