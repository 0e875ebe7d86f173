import assert from "node:assert/strict";
import { test } from "node:test";
import { type Deployment, deployments } from "../../api/apps/v1/deployment.ts";
import { type Namespace, namespaces } from "../../api/core/v1/namespace.ts";
import { pods } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import { object, testPod } from "../authentication/fixtures.ts";
import { FakeReader } from "./fake-reader.ts";
import { refusalOf, run } from "./fixtures.ts";
import { podSecurity } from "./pod-security.ts";
import { evaluate, levelText, policyOf, violationText } from "./pod-security-policy.ts";

const hardened: PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [{ name: "a", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } }],
};

function withContainer(securityContext: NonNullable<PodSpec["containers"][number]["securityContext"]>, rest: Partial<PodSpec> = {}): PodSpec {
  return { ...hardened, ...rest, containers: [{ name: "a", securityContext: { ...hardened.containers[0]?.securityContext, ...securityContext } }] };
}

test("each check of the standards, in the words of Kubernetes", () => {
  const cases: [string, "baseline" | "restricted", PodSpec, string, Record<string, string>?][] = [
    ["hardened", "restricted", hardened, ""],
    ["plain", "baseline", { containers: [{ name: "a" }] }, ""],
    [
      "plain",
      "restricted",
      { containers: [{ name: "a" }, { name: "b" }] },
      'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      "host namespaces",
      "baseline",
      { ...hardened, hostNetwork: true, hostPID: true, hostIPC: true },
      "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
    ],
    ["privileged", "baseline", withContainer({ privileged: true }), 'privileged (container "a" must not set securityContext.privileged=true)'],
    [
      "capabilities",
      "baseline",
      withContainer({ capabilities: { add: ["NET_ADMIN", "CHOWN"] } }),
      'non-default capabilities (container "a" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      "capabilities",
      "restricted",
      withContainer({ capabilities: { add: ["CHOWN", "NET_BIND_SERVICE"], drop: ["ALL"] } }),
      'unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    ["hostPath", "baseline", { ...hardened, volumes: [{ name: "v", hostPath: { path: "/" } }] }, 'hostPath volumes (volume "v")'],
    [
      "volume types",
      "restricted",
      {
        ...hardened,
        volumes: [
          { name: "v", hostPath: { path: "/" } },
          { name: "n", nfs: { server: "s", path: "/" } },
          { name: "e", emptyDir: {} },
          { name: "i", image: {} },
        ],
      },
      'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")',
    ],
    ["hostPort", "baseline", { containers: [{ name: "a", ports: [{ containerPort: 80, hostPort: 8080 }] }] }, 'hostPort (container "a" uses hostPort 8080)'],
    [
      "probe host",
      "baseline",
      { containers: [{ name: "a", livenessProbe: { httpGet: { host: "10.0.0.1", port: 80 } } }] },
      'probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1")',
    ],
    ["procMount", "baseline", withContainer({ procMount: "Unmasked" }), 'procMount (container "a" must not set securityContext.procMount to "Unmasked")'],
    ["procMount in a user namespace", "baseline", withContainer({ procMount: "Unmasked" }, { hostUsers: false }), ""],
    [
      "sysctls",
      "baseline",
      { ...hardened, securityContext: { ...hardened.securityContext, sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
      "forbidden sysctls (kernel.msgmax)",
    ],
    [
      "safe sysctl",
      "baseline",
      { ...hardened, securityContext: { ...hardened.securityContext, sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }] } },
      "",
    ],
    [
      "seccomp",
      "baseline",
      withContainer({ seccompProfile: { type: "Unconfined" } }),
      'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      "apparmor",
      "baseline",
      withContainer({ appArmorProfile: { type: "Unconfined" } }),
      'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      "selinux",
      "baseline",
      withContainer({ seLinuxOptions: { type: "spc_t", user: "u" } }),
      'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [
      "runAsNonRoot",
      "restricted",
      withContainer({ runAsNonRoot: false }),
      'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
    ],
    [
      "runAsUser",
      "restricted",
      withContainer({ runAsUser: 0 }, { securityContext: { ...hardened.securityContext, runAsUser: 0 } }),
      'runAsUser=0 (pod and container "a" must not set runAsUser=0)',
    ],
    [
      "windows",
      "baseline",
      { ...hardened, securityContext: { windowsOptions: { hostProcess: true } } },
      "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
    ],
    ["windows pod", "restricted", { os: { name: "windows" }, securityContext: { runAsNonRoot: true }, containers: [{ name: "a" }] }, ""],
    [
      "init containers count",
      "baseline",
      { ...hardened, initContainers: [{ name: "i", securityContext: { privileged: true } }] },
      'privileged (container "i" must not set securityContext.privileged=true)',
    ],
    [
      "several",
      "restricted",
      withContainer({ privileged: true, allowPrivilegeEscalation: true }, { hostNetwork: true }),
      'host namespaces (hostNetwork=true), privileged (container "a" must not set securityContext.privileged=true), allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
    ],
  ];
  for (const [name, level, spec, expected] of cases) {
    assert.equal(violationText(evaluate({ level, minor: undefined }, { annotations: {}, spec })), expected, `${name} (${level})`);
  }
});

test("older versions of a standard demand what they did then", () => {
  const probes: PodSpec = { containers: [{ name: "a", livenessProbe: { httpGet: { host: "h", port: 80 } } }] };
  const sysctl: PodSpec = { containers: [], securityContext: { sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] } };
  const cases: [PodSpec, number, boolean][] = [
    [probes, 33, true],
    [probes, 34, false],
    [sysctl, 31, false],
    [sysctl, 32, true],
  ];
  for (const [spec, minor, allowed] of cases)
    assert.equal(evaluate({ level: "baseline", minor }, { annotations: {}, spec }).length === 0, allowed, String(minor));
  assert.equal(evaluate({ level: "restricted", minor: 18 }, { annotations: {}, spec: { ...hardened, securityContext: { runAsNonRoot: true } } }).length, 0);
});

function setup(labels: Record<string, string>) {
  const prefixed = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]));
  const reader = new FakeReader().put(namespaces, object<Namespace>("Namespace", "shop", "", { spec: {}, metadata: { labels: prefixed } }));
  return { reader, plugin: podSecurity(reader) };
}

test("enforce refuses pods, warn warns, audit annotates; workloads are only warned of", async () => {
  const host = testPod("web", "shop", { hostNetwork: true });
  const enforcing = setup({ enforce: "baseline", "enforce-version": "v1.30", warn: "restricted" });
  assert.equal(
    await refusalOf(enforcing.plugin, { definition: pods, object: host }),
    'pods "web" is forbidden: violates PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)',
  );
  const lenient = setup({ warn: "baseline", audit: "baseline" });
  const outcome = await run(lenient.plugin, { definition: pods, object: host });
  const text = 'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)';
  assert.deepEqual(outcome.warnings, [text]);
  assert.deepEqual(outcome.annotations, {
    "pod-security.kubernetes.io/enforce-policy": "privileged:latest",
    "pod-security.kubernetes.io/audit-violations": text,
  });
  const deployment = object<Deployment>("Deployment", "web", "shop", { spec: { selector: {}, template: { spec: host.spec as PodSpec } } });
  const strict = setup({ enforce: "restricted", warn: "baseline" });
  assert.deepEqual((await run(strict.plugin, { definition: deployments, object: deployment })).warnings, [text]);
  assert.equal(await refusalOf(setup({}).plugin, { definition: pods, object: host }), "");
  assert.match(await refusalOf(setup({ enforce: "typo" }).plugin, { definition: pods, object: host }), /violates PodSecurity "restricted:latest"/);
});

test("annotations are quoted as they are", () => {
  const spec = hardened;
  const key = (kind: string) => `container.${kind}.kubernetes.io/a`;
  const cases: [Record<string, string>, number | undefined, string][] = [
    [
      { [key("apparmor.security.beta")]: "unconfined" },
      undefined,
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
    ],
    [
      { "seccomp.security.alpha.kubernetes.io/pod": "unconfined", [key("seccomp.security.alpha")]: "x" },
      18,
      'seccompProfile (forbidden annotations container.seccomp.security.alpha.kubernetes.io/a="x", seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    ],
    [{ [key("seccomp.security.alpha")]: "localhost/x" }, 18, ""],
    [{ [key("seccomp.security.alpha")]: "x" }, 19, ""],
  ];
  for (const [annotations, minor, expected] of cases) {
    assert.equal(violationText(evaluate({ level: "baseline", minor }, { annotations, spec })), expected, JSON.stringify(annotations));
  }
});

test("which policy labels ask for", () => {
  const text = (labels: Record<string, string>) => {
    const prefixed = Object.fromEntries(Object.entries(labels).map(([label, value]) => [`pod-security.kubernetes.io/${label}`, value]));
    const { enforce, audit, warn } = policyOf(prefixed);
    return [enforce, audit, warn].map(levelText).join(" ");
  };
  const cases: [Record<string, string>, string][] = [
    [{}, "privileged:latest privileged:latest privileged:latest"],
    [{ enforce: "restricted" }, "restricted:latest privileged:latest restricted:latest"],
    [{ enforce: "baseline", "enforce-version": "v1.30" }, "baseline:v1.30 privileged:latest baseline:v1.30"],
    [{ enforce: "baseline", "enforce-version": "v1.30", "warn-version": "v1.20" }, "baseline:v1.30 privileged:latest baseline:v1.20"],
    [{ enforce: "restricted", warn: "privileged" }, "restricted:latest privileged:latest privileged:latest"],
    [{ enforce: "typo" }, "restricted:latest privileged:latest privileged:latest"],
    [{ audit: "typo", warn: "typo", "audit-version": "typo" }, "privileged:latest privileged:latest privileged:latest"],
  ];
  for (const [labels, expected] of cases) assert.equal(text(labels), expected, JSON.stringify(labels));
});

test("labels that cannot be read are told of in the audit event", async () => {
  const { annotations } = await run(setup({ warn: "typo" }).plugin, { definition: pods, object: testPod("web", "shop") });
  assert.equal(
    annotations["pod-security.kubernetes.io/error"],
    'Failed to parse policy: metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "typo": must be one of privileged, baseline, restricted',
  );
});

test("updates that change nothing of weight pass; ephemeral containers are looked at", async () => {
  const { plugin } = setup({ enforce: "baseline" });
  const host = testPod("web", "shop", { hostNetwork: true });
  const labelled = { ...host, metadata: { ...host.metadata, labels: { a: "b" } } };
  assert.equal(await refusalOf(plugin, { definition: pods, object: labelled, oldObject: host }), "");
  const debugging = testPod("web", "shop", { ephemeralContainers: [{ name: "debug", securityContext: { privileged: true } }] });
  assert.match(
    await refusalOf(plugin, { definition: pods, subresource: "ephemeralcontainers", object: debugging, oldObject: testPod("web", "shop") }),
    /container "debug" must not set/,
  );
  assert.equal(await refusalOf(plugin, { definition: pods, subresource: "status", object: host, oldObject: testPod("web", "shop") }), "");
});

test("a namespace's labels are checked when they change, and stricter ones warn of existing pods", async () => {
  const { plugin, reader } = setup({});
  reader.put(pods, testPod("b", "shop", { hostNetwork: true }), testPod("a", "shop", { hostNetwork: true }), testPod("c", "shop"));
  const labelled = (labels: Record<string, string>): Namespace => object<Namespace>("Namespace", "shop", "", { spec: {}, metadata: { labels } });
  const bad = { "pod-security.kubernetes.io/enforce": "high", "pod-security.kubernetes.io/warn-version": "1.2" };
  assert.equal(
    await refusalOf(plugin, { definition: namespaces, object: labelled(bad) }),
    'Namespace "shop" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "high": must be one of privileged, baseline, restricted, ' +
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]',
  );
  assert.equal(await refusalOf(plugin, { definition: namespaces, object: labelled(bad), oldObject: labelled(bad) }), "");
  const { warnings } = await run(plugin, {
    definition: namespaces,
    object: labelled({ "pod-security.kubernetes.io/enforce": "baseline" }),
    oldObject: labelled({}),
  });
  assert.deepEqual(warnings, [
    'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"',
    "a (and 1 other pod): host namespaces",
  ]);
});

test("another version may be stricter: existing pods are looked at; replicas of one controller come last", async () => {
  const { plugin, reader } = setup({});
  const replica = (name: string) => {
    const pod = testPod(name, "shop", { hostNetwork: true });
    return { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "r", controller: true }] } };
  };
  for (let index = 0; index < 3001; index++) reader.put(pods, replica(`r${String(index).padStart(4, "0")}`));
  reader.put(pods, testPod("z", "shop", { hostPID: true }));
  const labelled = (enforce: string, version: string): Namespace =>
    object<Namespace>("Namespace", "shop", "", {
      spec: {},
      metadata: { labels: { "pod-security.kubernetes.io/enforce": enforce, "pod-security.kubernetes.io/enforce-version": version } },
    });
  const write = (object: Namespace, oldObject: Namespace) => run(plugin, { definition: namespaces, object, oldObject });
  assert.deepEqual((await write(labelled("baseline", "v1.30"), labelled("restricted", "latest"))).warnings, [
    "new PodSecurity enforce level only checked against the first 3000 of 3002 existing pods",
    'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:v1.30"',
    "r0000 (and 2999 other pods): host namespaces",
  ]);
  assert.deepEqual((await write(labelled("baseline", "latest"), labelled("restricted", "latest"))).warnings, []);
  assert.deepEqual((await write(labelled("privileged", "v1.20"), labelled("baseline", "latest"))).warnings, []);
});
