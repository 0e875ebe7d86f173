import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments } from "./apps/v1/deployment.ts";
import { cronJobs } from "./batch/v1/cron-job.ts";
import { jobs } from "./batch/v1/job.ts";
import { endpoints } from "./core/v1/endpoints.ts";
import { nodes } from "./core/v1/node.ts";
import { type Pod, pods } from "./core/v1/pod.ts";
import { podWarnings } from "./core/v1/pod.warnings.ts";
import { services } from "./core/v1/service.ts";
import { endpointSlices } from "./discovery/v1/endpoint-slice.ts";
import { ingresses } from "./networking/v1/ingress.ts";
import { networkPolicies } from "./networking/v1/network-policy.ts";
import { serviceCIDRs } from "./networking/v1/service-cidr.ts";
import { created, createErrors, subresourceErrors, updateErrors } from "./testing.ts";

const negative = "Invalid value: -1: must be greater than or equal to 0";

test("counts in a status are never negative", () => {
  const job = created(jobs, { spec: { template: {} } });
  const ofJob = subresourceErrors(jobs.status!, job, (object) => {
    object.status = { active: -1, succeeded: 0, ready: -1 };
  });
  assert.deepEqual(ofJob.errors, [`status.active: ${negative}`, `status.ready: ${negative}`]);
});

test("an ingress has one class", () => {
  const ingress = (annotation: string) => ({
    metadata: { annotations: { "kubernetes.io/ingress.class": annotation } },
    spec: { ingressClassName: "a", defaultBackend: { service: { name: "s", port: { number: 80 } } } },
  });
  assert.deepEqual(createErrors(ingresses, ingress("a")), []);
  assert.deepEqual(createErrors(ingresses, ingress("b")), [
    'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
  ]);
});

test("the hosts of an ingress", () => {
  const text = (...hosts: string[]) => {
    const object = created(ingresses, { spec: { rules: hosts.map((host) => ({ host })) } });
    return ingresses.columns?.find(({ name }) => name === "Hosts")?.cell(object, 0);
  };
  assert.deepEqual(
    [text(), text("a", "b", "c"), text("a", "b", "c", "d"), text("a", "", "b", "c", "d")],
    ["*", "a,b,c", "a,b,c + 1 more...", "a,b,c + 2 more..."],
  );
});

test("service CIDRs have one spelling", () => {
  const errors = (...cidrs: string[]) => createErrors(serviceCIDRs, { spec: { cidrs } });
  assert.deepEqual(errors("10.0.0.0/8", "FD00::/64"), ['spec.cidrs[1]: Invalid value: "FD00::/64": must be in canonical form ("fd00::/64")']);
  assert.deepEqual(errors("10.0.0.1/8"), ['spec.cidrs[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length']);
  assert.match(errors("10.0.0.0/8", "11.0.0.0/8").join(), /^spec\.cidrs: Invalid value: .*may specify no more than one IP for each IP family/);
});

test("new addresses are written strictly, old ones stay (KEP-4858)", () => {
  const service = (...externalIPs: string[]) => ({ spec: { ports: [{ port: 80, targetPort: 80 }], externalIPs } });
  assert.deepEqual(createErrors(services, service("1.2.3.04")), ['spec.externalIPs[0]: Invalid value: "1.2.3.04": must not have leading 0s']);
  assert.deepEqual(createErrors(services, service("::ffff:1.2.3.4")), [
    'spec.externalIPs[0]: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address',
  ]);
  assert.deepEqual(updateErrors(services, service("1.2.3.04"), service("1.2.3.04", "1.2.3.5")), []);
  const policy = (cidr: string) => ({ spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr } }] }] } });
  assert.deepEqual(createErrors(networkPolicies, policy("10.0.0.1/8")), [
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
  ]);
  assert.deepEqual(updateErrors(networkPolicies, policy("10.0.0.1/8"), policy("10.0.0.1/8")), []);
});

test("a template promises no restart of plain init containers for new resources, unless it did before", () => {
  const resizePolicy = [
    { resourceName: "cpu", restartPolicy: "NotRequired" },
    { resourceName: "memory", restartPolicy: "RestartContainer" },
  ];
  const deployment = (replicas: number, ...initContainers: object[]) => ({
    spec: {
      replicas,
      selector: { matchLabels: { a: "b" } },
      template: { metadata: { labels: { a: "b" } }, spec: { initContainers, containers: [{ name: "c", image: "i" }] } },
    },
  });
  const plain = (name: string) => ({ name, image: "i", resizePolicy });
  const sidecar = { ...plain("s"), restartPolicy: "Always" };
  const error = (index: number) =>
    `spec.template.spec.initContainers[${index}].resizePolicy[1].restartPolicy: Invalid value: "RestartContainer": must not be set to 'RestartContainer' for non-sidecar initContainers`;
  assert.deepEqual(createErrors(deployments, deployment(1, sidecar, plain("p"))), [error(1)]);
  assert.deepEqual(updateErrors(deployments, deployment(1, sidecar), deployment(1, plain("p"))), [error(0)]);
  assert.deepEqual(updateErrors(deployments, deployment(1, plain("p")), deployment(2, plain("p"), plain("q"))), []);
});

test("addresses of pods, templates, endpoints and nodes are strict when new (KEP-4858)", () => {
  const [zeros, mapped] = ["10.0.0.01", "::ffff:10.0.0.1"];
  const wrong = (path: string) => [`${path}: Invalid value: "${zeros}": must not have leading 0s`];
  const podSpec = { hostAliases: [{ ip: zeros, hostnames: ["h"] }], dnsConfig: { nameservers: [zeros] }, containers: [{ name: "c", image: "i" }] };
  const ofPod = (path: string) => [...wrong(`${path}.hostAliases[0].ip`), ...wrong(`${path}.dnsConfig.nameservers[0]`)];
  assert.deepEqual(createErrors(pods, { spec: podSpec }), ofPod("spec"));
  assert.deepEqual(updateErrors(pods, { spec: podSpec }, { spec: podSpec }), []);

  const deployment = (replicas: number) => ({
    spec: { replicas, selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } }, spec: podSpec } },
  });
  assert.deepEqual(createErrors(deployments, deployment(1)), ofPod("spec.template.spec"));
  assert.deepEqual(updateErrors(deployments, deployment(1), deployment(2)), []);
  const cronJob = { spec: { schedule: "* * * * *", jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: "Never" } } } } } };
  assert.deepEqual(createErrors(cronJobs, cronJob), ofPod("spec.jobTemplate.spec.template.spec"));

  const subsets = (...ips: string[]) => ({ subsets: [{ notReadyAddresses: ips.map((ip) => ({ ip })), ports: [{ port: 1 }] }] });
  assert.deepEqual(createErrors(endpoints, subsets(zeros)), wrong("subsets[0].notReadyAddresses[0].ip"));
  assert.deepEqual(updateErrors(endpoints, subsets(zeros), subsets("10.0.0.2", zeros)), []);

  const slice = (...addresses: string[]) => ({ addressType: "IPv4", endpoints: [{ addresses }] });
  assert.deepEqual(createErrors(endpointSlices, slice(mapped)), [
    `endpoints[0].addresses[0]: Invalid value: "${mapped}": must not be an IPv4-mapped IPv6 address`,
  ]);
  assert.deepEqual(updateErrors(endpointSlices, slice(zeros), slice("10.0.0.2", zeros)), []);

  const node = { spec: { podCIDR: "10.0.0.1/8", podCIDRs: ["10.0.0.1/8"] } };
  assert.deepEqual(createErrors(nodes, node), ['spec.podCIDRs[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length']);
  assert.deepEqual(updateErrors(nodes, node, node), []);

  const pod = created(pods, { spec: podSpec });
  const before = { ...pod, status: { podIPs: [{ ip: zeros }] } };
  const report = (ip: string) => {
    const change = (object: Pod) => {
      object.status = { podIPs: [{ ip }] };
    };
    return subresourceErrors(pods.status!, before, change).errors;
  };
  assert.deepEqual([report(zeros), report("10.0.0.02").length], [[], 1]);
});

test("AppArmor annotations of a new pod become fields (KEP-24)", () => {
  const key = "container.apparmor.security.beta.kubernetes.io/c";
  const warning = `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`;
  const sketch = (annotation: string, ofContainer?: object, spec?: object) => ({
    metadata: { annotations: { [key]: annotation } },
    spec: { containers: [{ name: "c", image: "i", ...(ofContainer && { securityContext: { appArmorProfile: ofContainer } }) }], ...spec },
  });
  const ofPod = { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } };
  const table: [ReturnType<typeof sketch>, object | undefined, string[]][] = [
    [sketch("unconfined"), { type: "Unconfined" }, [warning]],
    [sketch("runtime/default"), { type: "RuntimeDefault" }, [warning]],
    [sketch("localhost/p"), { type: "Localhost", localhostProfile: "p" }, [warning]],
    [sketch("localhost/"), undefined, [warning]],
    [sketch("runtime/default", undefined, ofPod), undefined, []],
    [sketch("unconfined", undefined, ofPod), { type: "Unconfined" }, [warning]],
    [sketch("unconfined", { type: "Unconfined" }), { type: "Unconfined" }, []],
    [sketch("unconfined", undefined, { os: { name: "windows" } }), undefined, [warning]],
  ];
  for (const [pod, profile, warnings] of table) {
    const object = created(pods, pod);
    assert.deepEqual(object.spec.containers?.[0]?.securityContext?.appArmorProfile, profile, JSON.stringify(pod));
    assert.deepEqual(
      podWarnings(object, undefined).filter((text) => text.includes(key)),
      warnings,
      JSON.stringify(pod),
    );
  }
  const at = "spec.containers[0].securityContext.appArmorProfile";
  assert.deepEqual(createErrors(pods, sketch("unconfined", { type: "RuntimeDefault" })), [
    `${at}.type: Forbidden: apparmor type in annotation and field must match`,
  ]);
  assert.deepEqual(createErrors(pods, sketch("localhost/a", { type: "Localhost", localhostProfile: "b" })), [
    `${at}.localhostProfile: Forbidden: apparmor profile in annotation and field must match`,
  ]);
});
