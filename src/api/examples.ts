/** One valid object of every kind, for tests: whatever Kubernetes takes, every layer here has to take. */
import type { Sketch } from "./testing.ts";

export const container = { name: "c", image: "busybox:1" };
export const template = { metadata: { labels: { app: "x" } }, spec: { containers: [container] } };
export const selector = { matchLabels: { app: "x" } };
export const rule = { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["deployments"] };
export const webhook = {
  name: "a.example.com",
  clientConfig: { url: "https://example.com/x" },
  rules: [rule],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};
const matchConstraints = { resourceRules: [rule] };
export const jobSpec = { template: { spec: { containers: [container], restartPolicy: "Never" } } };
export const manualJob = { manualSelector: true, selector, template: { ...jobSpec.template, metadata: template.metadata } };
/** Of CN=jane, signed with a P-256 key that nobody has any more. */
const pemRequest =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISk1IRUNBUUF3RHpFTk1Bc0dBMVVFQXd3RWFtRnVaVEJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSApBMElBQkIyL01FeVFUc0lqZEErOGh6NkhFL09LemlLdWluMytLd2JaWGZ0dTBSK1dPbTFucG5KREM3OGlrdFZvCmVyVHFXSjhoa0NTS1RQYzU5SzRqREtLaFIrU2dBREFLQmdncWhrak9QUVFEQWdOSUFEQkZBaUFJdTA0ZGFTaGMKY3Znd0taTVVFMzJWT3dCQVN1dHlsZldZbURpaXM2WnNxQUloQU5ReWpueTUvV3NRU3NjRHNOQitWTmdTWWtrZwp4ZFowa0QyVkFZWTV0Nit1Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=";
export const claimSpec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const request = { name: "r", exactly: { deviceClassName: "gpu.example.com" } };

/** By `group/resource`; version where there are two. */
export const examples: Record<string, Sketch> = {
  "/configmaps": { data: { key: "value" } },
  "/endpoints": { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] },
  "/events": { involvedObject: { kind: "Pod", name: "x", namespace: "default" }, reason: "Started" },
  "/limitranges": { spec: { limits: [{ type: "Container", max: { cpu: "1" } }] } },
  "/namespaces": {},
  "/nodes": { spec: { taints: [{ key: "a", effect: "NoSchedule" }] }, status: { capacity: { cpu: "2", pods: "110" } } },
  "/persistentvolumes": { spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } } },
  "/persistentvolumeclaims": { spec: claimSpec },
  "/pods": { spec: { containers: [container] } },
  "/podtemplates": { template },
  "/replicationcontrollers": { spec: { template } },
  "/resourcequotas": { spec: { hard: { pods: "10", "requests.cpu": "1", "count/replicasets.apps": "3", "requests.example.com/dongle": "3" } } },
  "/secrets": { stringData: { a: "b" } },
  "/serviceaccounts": {},
  "/services": { spec: { clusterIP: "None", selector: { app: "x" }, ports: [{ port: 80 }] } },
  "admissionregistration.k8s.io/mutatingadmissionpolicies": {
    spec: { matchConstraints, reinvocationPolicy: "Never", mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{}" } }] },
  },
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": { spec: { policyName: "p" } },
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": { webhooks: [webhook] },
  "admissionregistration.k8s.io/validatingadmissionpolicies": { spec: { matchConstraints, validations: [{ expression: "true" }] } },
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": { spec: { policyName: "p", validationActions: ["Deny"] } },
  "admissionregistration.k8s.io/validatingwebhookconfigurations": { webhooks: [webhook] },
  "apps/controllerrevisions": { data: { a: 1 }, revision: 1 },
  "apps/daemonsets": { spec: { selector, template } },
  "apps/deployments": { spec: { selector, template } },
  "apps/replicasets": { spec: { selector, template } },
  "apps/statefulsets": { spec: { selector, template, serviceName: "x", volumeClaimTemplates: [{ metadata: { name: "d" }, spec: claimSpec }] } },
  "autoscaling/horizontalpodautoscalers": { spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" }, maxReplicas: 3 } },
  "batch/cronjobs": { spec: { schedule: "*/5 * * * *", jobTemplate: { spec: jobSpec } } },
  "batch/jobs": { spec: jobSpec },
  "certificates.k8s.io/certificatesigningrequests": {
    spec: { request: pemRequest, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
  },
  "coordination.k8s.io/leases": { spec: { holderIdentity: "me", leaseDurationSeconds: 15 } },
  "discovery.k8s.io/endpointslices": { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] },
  "events.k8s.io/events": {
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "example.com/c",
    reportingInstance: "i",
    action: "Do",
    reason: "Because",
    type: "Normal",
    regarding: { kind: "Pod", name: "x", namespace: "default" },
  },
  "flowcontrol.apiserver.k8s.io/flowschemas": {
    spec: {
      priorityLevelConfiguration: { name: "global-default" },
      rules: [{ subjects: [{ kind: "User", user: { name: "jane" } }], nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }] }],
    },
  },
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": { spec: { type: "Limited", limited: { limitResponse: { type: "Queue" } } } },
  "networking.k8s.io/ingressclasses": { spec: { controller: "example.com/ingress" } },
  "networking.k8s.io/ingresses": {
    spec: {
      rules: [{ host: "a.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "x", port: { number: 80 } } } }] } }],
    },
  },
  "networking.k8s.io/ipaddresses": { metadata: { name: "10.96.0.1" }, spec: { parentRef: { resource: "services", namespace: "default", name: "kubernetes" } } },
  "networking.k8s.io/networkpolicies": { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }] }] } },
  "networking.k8s.io/servicecidrs": { spec: { cidrs: ["10.96.0.0/12"] } },
  "node.k8s.io/runtimeclasses": { handler: "runc" },
  "policy/poddisruptionbudgets": { spec: { minAvailable: "50%", selector } },
  "rbac.authorization.k8s.io/clusterrolebindings": { roleRef: { kind: "ClusterRole", name: "view" }, subjects: [{ kind: "User", name: "jane" }] },
  "rbac.authorization.k8s.io/clusterroles": { rules: [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }] },
  "rbac.authorization.k8s.io/rolebindings": { roleRef: { kind: "Role", name: "r" }, subjects: [{ kind: "ServiceAccount", name: "default" }] },
  "rbac.authorization.k8s.io/roles": { rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }] },
  "resource.k8s.io/deviceclasses": { spec: { selectors: [{ cel: { expression: "true" } }] } },
  "resource.k8s.io/resourceclaims": { spec: { devices: { requests: [request] } } },
  "resource.k8s.io/resourceclaimtemplates": { spec: { spec: { devices: { requests: [request] } } } },
  "resource.k8s.io/resourceslices": {
    spec: { driver: "d.example.com", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, nodeName: "n", devices: [{ name: "dev-0" }] },
  },
  "scheduling.k8s.io/priorityclasses": { value: 1000 },
  "storage.k8s.io/csidrivers": { metadata: { name: "d.example.com" } },
  "storage.k8s.io/csinodes": { spec: { drivers: [{ name: "d.example.com", nodeID: "n" }] } },
  "storage.k8s.io/csistoragecapacities": { storageClassName: "fast", capacity: "1Gi" },
  "storage.k8s.io/storageclasses": { provisioner: "example.com/p" },
  "storage.k8s.io/volumeattachments": { spec: { attacher: "d.example.com", nodeName: "n", source: { persistentVolumeName: "pv" } } },
  "storage.k8s.io/volumeattributesclasses": { driverName: "d.example.com", parameters: { a: "b" } },
};
