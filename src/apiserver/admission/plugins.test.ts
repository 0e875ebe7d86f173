import assert from "node:assert/strict";
import { test } from "node:test";
import { certificateSigningRequests } from "../../api/certificates/v1/certificate-signing-request.ts";
import { configMaps } from "../../api/core/v1/config-map.ts";
import { type Namespace, namespaces } from "../../api/core/v1/namespace.ts";
import { nodes } from "../../api/core/v1/node.ts";
import { type PersistentVolumeClaim, persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { type ServiceAccount, serviceAccounts } from "../../api/core/v1/service-account.ts";
import { type Ingress, ingresses } from "../../api/networking/v1/ingress.ts";
import { ingressClasses } from "../../api/networking/v1/ingress-class.ts";
import { type RuntimeClass, runtimeClasses } from "../../api/node/v1/runtime-class.ts";
import { type PriorityClass, priorityClasses } from "../../api/scheduling/v1/priority-class.ts";
import { type StorageClass, storageClasses } from "../../api/storage/v1/storage-class.ts";
import { decodeValue } from "../../machinery/decode.ts";
import { StatusError } from "../../machinery/status.ts";
import { settle, VirtualClock } from "../../testing/virtual-clock.ts";
import { object, testPod } from "../authentication/fixtures.ts";
import { certificateApproval, certificateSigning } from "./certificates.ts";
import { defaultIngressClass, defaultStorageClass } from "./default-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { FakeReader } from "./fake-reader.ts";
import { refusalOf, run } from "./fixtures.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { priorityPlugin } from "./priority.ts";
import { runtimeClassPlugin } from "./runtime-class.ts";
import { serviceAccountPlugin } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";

const signal = new AbortController().signal;
const podOf = (outcome: { object: unknown }): Pod => outcome.object as Pod;

test("NamespaceLifecycle: nothing in namespaces that are missing, nothing new in those that end", async () => {
  const reader = new FakeReader()
    .put(namespaces, object<Namespace>("Namespace", "live", "", { spec: {} }))
    .put(
      namespaces,
      object<Namespace>("Namespace", "dying", "", { spec: {}, metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: { phase: "Terminating" } }),
    );
  const plugin = namespaceLifecycle(reader);
  const map = (namespace: string) => object<ReturnType<typeof testPod>>("ConfigMap", "x", namespace);
  assert.equal(await refusalOf(plugin, { definition: configMaps, object: map("live") }), "");
  assert.equal(await refusalOf(plugin, { definition: configMaps, object: map("ghost") }), 'namespaces "ghost" not found');
  assert.equal(
    await refusalOf(plugin, { definition: configMaps, object: map("dying") }),
    'configmaps "x" is forbidden: unable to create new content in namespace dying because it is being terminated',
  );
  assert.equal(await refusalOf(plugin, { definition: configMaps, object: map("dying"), oldObject: map("dying") }), "");
  assert.equal(await refusalOf(plugin, { definition: configMaps, operation: "DELETE", namespace: "ghost", name: "x", object: undefined }), "");
  const ended = run(plugin, { definition: configMaps, object: map("dying") });
  await assert.rejects(ended, (error) => error instanceof StatusError && error.status.details?.causes?.[0]?.reason === "NamespaceTerminating");
  for (const [name, message] of [
    ["default", 'namespaces "default" is forbidden: this namespace may not be deleted'],
    ["live", ""],
  ] as const) {
    assert.equal(await refusalOf(plugin, { definition: namespaces, operation: "DELETE", name, object: undefined }), message);
  }
});

test("ServiceAccount: every pod gets an account, its pull secrets and a token volume", async () => {
  const reader = new FakeReader()
    .put(serviceAccounts, object<ServiceAccount>("ServiceAccount", "default", "shop", { imagePullSecrets: [{ name: "registry" }] }))
    .put(serviceAccounts, object<ServiceAccount>("ServiceAccount", "quiet", "shop", { automountServiceAccountToken: false }));
  const plugin = serviceAccountPlugin({ reader, clock: new VirtualClock(), random: () => 0, signal });
  const plain = podOf(await run(plugin, { definition: pods, object: testPod("web", "shop", { initContainers: [{ name: "init" }] }) })).spec;
  assert.equal(plain?.serviceAccountName, "default");
  assert.equal(plain.serviceAccount, "default");
  assert.deepEqual(plain.imagePullSecrets, [{ name: "registry" }]);
  const mount = { name: "kube-api-access-bbbbb", readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" };
  assert.deepEqual([plain.containers[0]?.volumeMounts, plain.initContainers?.[0]?.volumeMounts], [[mount], [mount]]);
  assert.deepEqual(plain.volumes, [
    {
      name: "kube-api-access-bbbbb",
      projected: {
        defaultMode: 420,
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
          { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
        ],
      },
    },
  ]);
  const cases: [Parameters<typeof testPod>[2], boolean][] = [
    [{ serviceAccountName: "quiet" }, false],
    [{ serviceAccountName: "quiet", automountServiceAccountToken: true }, true],
    [{ automountServiceAccountToken: false }, false],
    [{ containers: [{ name: "a", volumeMounts: [{ name: "own", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }] }] }, false],
  ];
  for (const [spec, mounted] of cases) {
    const { spec: admitted } = podOf(await run(plugin, { definition: pods, object: testPod("web", "shop", spec) }));
    assert.equal((admitted?.volumes ?? []).length === 1, mounted, JSON.stringify(spec));
  }
});

test("ServiceAccount: an account annotated so lets its pods use the secrets it lists only", async () => {
  const account = object<ServiceAccount>("ServiceAccount", "strict", "shop", {
    metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
    secrets: [{ name: "own" }],
    imagePullSecrets: [{ name: "registry" }],
  });
  const plugin = serviceAccountPlugin({ reader: new FakeReader().put(serviceAccounts, account), clock: new VirtualClock(), random: () => 0, signal });
  const uses = (secret: string) => ({ name: "c", env: [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: secret, key: "k" } } }] });
  const from = (secret: string) => ({ name: "c", envFrom: [{ secretRef: { name: secret } }] });
  const reason = "is not allowed because service account strict does not reference that secret";
  const cases: [Parameters<typeof testPod>[2], string][] = [
    [{ volumes: [{ name: "v", secret: { secretName: "own" } }], containers: [uses("own"), from("own")], imagePullSecrets: [{ name: "registry" }] }, ""],
    [{ volumes: [{ name: "v", secret: { secretName: "other" } }] }, `volume with secret.secretName="other" ${reason}`],
    [{ initContainers: [uses("other")] }, `init container c with envVar TOKEN referencing secret.secretName="other" ${reason}`],
    [{ containers: [uses("other")] }, `container c with envVar TOKEN referencing secret.secretName="other" ${reason}`],
    [{ containers: [from("other")] }, `container c with envFrom referencing secret.secretName="other" ${reason}`],
    [
      { imagePullSecrets: [{ name: "registry" }, { name: "other" }] },
      'imagePullSecrets[1].name="other" is not allowed because service account strict does not reference that imagePullSecret',
    ],
  ];
  const pod = (spec: Parameters<typeof testPod>[2]) => testPod("web", "shop", { serviceAccountName: "strict", ...spec });
  for (const [spec, expected] of cases) {
    assert.equal((await refusalOf(plugin, { definition: pods, object: pod(spec) })).replace('pods "web" is forbidden: ', ""), expected);
  }
  const debugging = { definition: pods, subresource: "ephemeralcontainers", object: pod({ ephemeralContainers: [from("other")] }), oldObject: pod({}) };
  assert.equal(
    await refusalOf(plugin, debugging),
    `pods "web" is forbidden: ephemeral container c with envFrom referencing secret.secretName="other" ${reason}`,
  );
});

test("ServiceAccount: mirror pods bring no credentials", async () => {
  const plugin = serviceAccountPlugin({ reader: new FakeReader(), clock: new VirtualClock(), random: () => 0, signal });
  const cases: [Parameters<typeof testPod>[2], string][] = [
    [{}, ""],
    [{ serviceAccountName: "a" }, "a mirror pod may not reference service accounts"],
    [{ volumes: [{ name: "v", secret: { secretName: "s" } }] }, "a mirror pod may not reference secrets"],
    [{ containers: [{ name: "c", env: [{ name: "T", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] }] }, "a mirror pod may not reference secrets"],
    [
      { volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }] },
      "a mirror pod may not use ServiceAccountToken volume projections",
    ],
  ];
  for (const [spec, expected] of cases) {
    const pod = testPod("web", "shop", spec);
    const mirror = { ...pod, metadata: { ...pod.metadata, annotations: { "kubernetes.io/config.mirror": "x" } } };
    assert.equal((await refusalOf(plugin, { definition: pods, object: mirror })).replace('pods "web" is forbidden: ', ""), expected);
  }
});

test("ServiceAccount: an account that does not exist refuses the pod; the default one is waited for", async () => {
  const clock = new VirtualClock();
  const reader = new FakeReader();
  const plugin = serviceAccountPlugin({ reader, clock, random: () => 0, signal });
  assert.equal(
    await refusalOf(plugin, { definition: pods, object: testPod("web", "shop", { serviceAccountName: "ghost" }) }),
    'pods "web" is forbidden: error looking up service account shop/ghost: serviceaccount "ghost" not found',
  );
  const early = run(plugin, { definition: pods, object: testPod("web", "shop") });
  await clock.advance(250);
  reader.put(serviceAccounts, object<ServiceAccount>("ServiceAccount", "default", "shop"));
  await clock.advance(100);
  assert.equal(podOf(await early).spec?.serviceAccountName, "default");
  const hopeless = refusalOf(plugin, { definition: pods, object: testPod("web", "empty") });
  for (let round = 0; round < 10; round++) await clock.advance(100);
  await settle();
  assert.match(await hopeless, /serviceaccount "default" not found/);
  assert.equal(clock.pending, 0);
});

test("Priority: the class gives the number, and nobody may give another", async () => {
  const reader = new FakeReader()
    .put(priorityClasses, object<PriorityClass>("PriorityClass", "high", "", { value: 1000, preemptionPolicy: "Never" }))
    .put(priorityClasses, object<PriorityClass>("PriorityClass", "system-node-critical", "", { value: 2000001000 }));
  const plugin = priorityPlugin(reader);
  const admitted = async (spec: Parameters<typeof testPod>[2]) => {
    const { spec: result } = podOf(await run(plugin, { definition: pods, object: testPod("web", "shop", spec) }));
    return [result?.priorityClassName, result?.priority, result?.preemptionPolicy];
  };
  assert.deepEqual(await admitted({ priorityClassName: "high" }), ["high", 1000, "Never"]);
  assert.deepEqual(await admitted({}), [undefined, 0, "PreemptLowerPriority"]);
  assert.deepEqual(await admitted({ priority: 0 }), [undefined, 0, "PreemptLowerPriority"]);
  reader.put(priorityClasses, object<PriorityClass>("PriorityClass", "usual", "", { value: 5, globalDefault: true }));
  assert.deepEqual(await admitted({}), ["usual", 5, "PreemptLowerPriority"]);
  assert.equal(
    await refusalOf(plugin, { definition: pods, object: testPod("web", "shop", { priorityClassName: "ghost" }) }),
    'pods "web" is forbidden: no PriorityClass with name ghost was found',
  );
  assert.equal(
    await refusalOf(plugin, { definition: pods, object: testPod("web", "shop", { priorityClassName: "high", priority: 7 }) }),
    'pods "web" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name',
  );
  const second = object<PriorityClass>("PriorityClass", "other", "", { value: 9, globalDefault: true });
  assert.equal(
    await refusalOf(plugin, { definition: priorityClasses, object: second }),
    'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
  );
  const old = testPod("web", "shop", { priority: 1000, preemptionPolicy: "Never" });
  const kept = podOf(await run(plugin, { definition: pods, object: testPod("web", "shop"), oldObject: old }));
  assert.deepEqual([kept.spec?.priority, kept.spec?.preemptionPolicy], [1000, "Never"]);
});

test("DefaultTolerationSeconds: five minutes for not-ready and unreachable, unless tolerated already", async () => {
  const tolerations = async (given: NonNullable<NonNullable<Pod["spec"]>["tolerations"]>) =>
    podOf(await run(defaultTolerationSeconds(), { definition: pods, object: testPod("web", "shop", { tolerations: given }) })).spec?.tolerations?.map(
      (item) => item.key,
    );
  assert.deepEqual(await tolerations([]), ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]);
  assert.deepEqual(await tolerations([{ operator: "Exists" }]), [undefined]);
  assert.deepEqual(await tolerations([{ key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoSchedule" }]), [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
  ]);
});

test("TaintNodesByCondition and StorageObjectInUseProtection mark new objects once", async () => {
  const node = (await run(taintNodesByCondition, { definition: nodes, object: object("Node", "n1", "") })).object as { spec?: { taints?: unknown } };
  assert.deepEqual(node.spec?.taints, [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
  const claim = (await run(storageObjectInUseProtection, { definition: persistentVolumeClaims, object: object("PersistentVolumeClaim", "data", "shop") }))
    .object;
  assert.deepEqual(claim?.metadata.finalizers, ["kubernetes.io/pvc-protection"]);
  const again = (await run(storageObjectInUseProtection, { definition: persistentVolumeClaims, object: claim })).object;
  assert.deepEqual(again?.metadata.finalizers, ["kubernetes.io/pvc-protection"]);
});

test("the newest default class is taken by objects that name none", async () => {
  const storage = (name: string, creationTimestamp: string): StorageClass =>
    object<StorageClass>("StorageClass", name, "", {
      provisioner: "p",
      metadata: { creationTimestamp, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    });
  const reader = new FakeReader()
    .put(storageClasses, storage("old", "2026-01-01T00:00:00Z"), storage("new", "2026-02-01T00:00:00Z"))
    .put(ingressClasses, object("IngressClass", "nginx", "", { metadata: { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } } }));
  const className = async (spec: PersistentVolumeClaim["spec"]) =>
    (
      (
        await run(defaultStorageClass(reader), {
          definition: persistentVolumeClaims,
          object: object<PersistentVolumeClaim>("PersistentVolumeClaim", "d", "shop", { spec: spec ?? {} }),
        })
      ).object as PersistentVolumeClaim
    ).spec?.storageClassName;
  assert.equal(await className({}), "new");
  assert.equal(await className({ storageClassName: "" }), "");
  assert.equal(await className({ storageClassName: "own" }), "own");
  const ingress = (await run(defaultIngressClass(reader), { definition: ingresses, object: object<Ingress>("Ingress", "i", "shop", { spec: {} }) }))
    .object as Ingress;
  assert.equal(ingress.spec?.ingressClassName, "nginx");
});

test("PersistentVolumeClaimResize: bound claims of classes that expand may grow", async () => {
  const reader = new FakeReader().put(storageClasses, object<StorageClass>("StorageClass", "grows", "", { provisioner: "p", allowVolumeExpansion: true }));
  const plugin = persistentVolumeClaimResize(reader);
  const claim = (storage: string, storageClassName: string, phase = "Bound"): PersistentVolumeClaim =>
    object<PersistentVolumeClaim>("PersistentVolumeClaim", "d", "shop", {
      spec: { storageClassName, resources: { requests: { storage } } },
      status: { phase },
    });
  const cases: [PersistentVolumeClaim, PersistentVolumeClaim, string][] = [
    [claim("2Gi", "grows"), claim("1Gi", "grows"), ""],
    [claim("1Gi", "fixed"), claim("1Gi", "fixed"), ""],
    [claim("2Gi", "grows"), claim("1Gi", "grows", "Pending"), "Only bound persistent volume claims can be expanded"],
    [
      claim("2Gi", "fixed"),
      claim("1Gi", "fixed"),
      "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
    ],
  ];
  for (const [next, old, reason] of cases) {
    const message = reason === "" ? "" : `persistentvolumeclaims "d" is forbidden: ${reason}`;
    assert.equal(await refusalOf(plugin, { definition: persistentVolumeClaims, object: next, oldObject: old }), message);
  }
});

test("RuntimeClass: overhead and scheduling come from the class", async () => {
  const kata = object<RuntimeClass>("RuntimeClass", "kata", "", {
    handler: "kata",
    overhead: { podFixed: { cpu: "10m", memory: "1Mi" } },
    scheduling: { nodeSelector: { vm: "yes" }, tolerations: [{ key: "vm", operator: "Exists" }] },
  });
  const plugin = runtimeClassPlugin(new FakeReader().put(runtimeClasses, kata));
  const { spec } = podOf(await run(plugin, { definition: pods, object: testPod("web", "shop", { runtimeClassName: "kata", nodeSelector: { disk: "ssd" } }) }));
  assert.deepEqual(
    [spec?.overhead, spec?.nodeSelector, spec?.tolerations],
    [{ cpu: "10m", memory: "1Mi" }, { disk: "ssd", vm: "yes" }, [{ key: "vm", operator: "Exists" }]],
  );
  const cases: [Parameters<typeof testPod>[2], string][] = [
    [{ runtimeClassName: "ghost" }, 'pod rejected: RuntimeClass "ghost" not found'],
    [{ overhead: { cpu: "1" } }, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"],
    [{ runtimeClassName: "kata", overhead: { cpu: "1" } }, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    [{ runtimeClassName: "kata", nodeSelector: { vm: "no" } }, "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no"],
  ];
  for (const [given, reason] of cases) {
    assert.equal(await refusalOf(plugin, { definition: pods, object: testPod("web", "shop", given) }), `pods "web" is forbidden: ${reason}`);
  }
  // As Java's client once sent it with every pod.
  const empty = decodeValue(pods.schema, { metadata: { name: "web", namespace: "shop" }, spec: { containers: [], overhead: {} } }, "Ignore").object;
  assert.equal(await refusalOf(plugin, { definition: pods, object: empty as unknown as Pod }), `pods "web" is forbidden: ${cases[1]?.[1]}`);
});

test("certificates: the signer's name or domain must be allowed, and nobody asks for system:masters", async () => {
  const allowing = (allowed: string) => ({
    authorize: ({ verb, resource, name }: { verb: string; resource: string; name: string }) =>
      ({ decision: `${verb} ${resource} ${name}` === allowed ? "allow" : "noOpinion", reason: "" }) as const,
  });
  const request = object("CertificateSigningRequest", "r", "", { spec: { signerName: "acme.com/robots", request: "" } } as object);
  const write = { definition: certificateSigningRequests, object: request, oldObject: request, subresource: "approval" };
  assert.equal(await refusalOf(certificateApproval(allowing("approve signers acme.com/robots")), write), "");
  assert.equal(await refusalOf(certificateApproval(allowing("approve signers acme.com/*")), write), "");
  assert.match(
    await refusalOf(certificateApproval(allowing("sign signers acme.com/*")), write),
    /user not permitted to approve requests with signerName "acme.com\/robots"$/,
  );
  const signed = { ...request, status: { certificate: "x" } };
  assert.match(await refusalOf(certificateSigning(allowing("")), { ...write, subresource: "status", object: signed }), /user not permitted to sign requests/);
  assert.equal(await refusalOf(certificateSigning(allowing("")), { ...write, subresource: "status" }), "");
});
