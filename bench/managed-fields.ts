/** Field management runs on every write: what it costs for a pod of 4 KB. */
import { createHash } from "node:crypto";
import { pod } from "../src/api/core/v1/pod.ts";
import { copyJson } from "../src/machinery/json.ts";
import { apply } from "../src/machinery/managed-fields/apply.ts";
import { recordUpdate, withManagedFields } from "../src/machinery/managed-fields/update.ts";

const now = Date.UTC(2026, 0, 1);
const common = { schema: pod, apiVersion: "v1", now } as const;

function container(name: string): object {
  const probe = { httpGet: { path: "/healthz", port: 8080, scheme: "HTTP" }, periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 };
  return {
    name,
    image: `registry.example/team/${name}:1.2.3`,
    args: ["--listen=:8080", "--log-level=info", "--config=/etc/app/config.yaml"],
    env: ["POD_NAME", "POD_NAMESPACE", "POD_IP", "NODE_NAME"].map((key) => ({
      name: key,
      valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } },
    })),
    ports: [
      { name: "http", containerPort: 8080, protocol: "TCP" },
      { name: "metrics", containerPort: 9090, protocol: "TCP" },
    ],
    resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } },
    livenessProbe: probe,
    readinessProbe: probe,
    volumeMounts: [
      { name: "config", mountPath: "/etc/app" },
      { name: "data", mountPath: "/data" },
    ],
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: "IfNotPresent",
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
  };
}

function newPod() {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web-6d4cf56db6-abcde",
      namespace: "default",
      uid: "0b9a7a5e-6b1f-4f0f-8d0b-0a1b2c3d4e5f",
      labels: { app: "web", "pod-template-hash": "6d4cf56db6", tier: "front" },
      annotations: { "example.com/checksum": "0123456789abcdef" },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-6d4cf56db6", uid: "1", controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      containers: [container("web"), container("sidecar")],
      volumes: [
        { name: "config", configMap: { name: "web-config", defaultMode: 420 } },
        { name: "data", emptyDir: {} },
      ],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      serviceAccountName: "web",
      serviceAccount: "web",
      securityContext: {},
      schedulerName: "default-scheduler",
      tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }],
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: "PreemptLowerPriority",
    },
    status: { phase: "Pending", qosClass: "Burstable" },
  };
}

function timed(iterations: number, work: () => unknown): number {
  let last: unknown;
  const start = process.hrtime.bigint();
  for (let i = 0; i < iterations; i++) last = work();
  const elapsed = Number(process.hrtime.bigint() - start);
  results.update(JSON.stringify(last));
  return elapsed / iterations / 1000;
}

let results = createHash("sha256");

/** Microseconds an operation, and a hash of what came out. */
export async function run(options: { readonly tiny?: boolean } = {}) {
  const iterations = options.tiny ? 200 : 20_000;
  results = createHash("sha256");
  const object = newPod();
  const live = withManagedFields(object, recordUpdate({ ...common, live: undefined, object, manager: "kube-controller-manager" }));
  const parsed = copyJson(live);
  const status = { ...copyJson(live), status: { phase: "Running", podIP: "10.0.0.7", podIPs: [{ ip: "10.0.0.7" }], qosClass: "Burstable" } };
  const configuration = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: object.metadata.name, labels: { team: "a" } },
    spec: { containers: [container("web")] },
  };
  const request = { ...common, kind: "Pod", live, applied: configuration, manager: "deployer", force: true } as const;
  const second = { ...request, live: apply(request).object };
  const figures = {
    bytes: JSON.stringify(object).length,
    createMicros: timed(iterations, () => recordUpdate({ ...common, live: undefined, object, manager: "kube-controller-manager" })),
    unchangedMicros: timed(iterations, () => recordUpdate({ ...common, live, object: parsed, manager: "kubelet" })),
    statusMicros: timed(iterations, () => recordUpdate({ ...common, live, object: status, manager: "kubelet", subresource: "status" })),
    applyMicros: timed(iterations, () => apply(second).changed),
  };
  return { ...figures, hash: results.digest("hex").slice(0, 16) };
}
