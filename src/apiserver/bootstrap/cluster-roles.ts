/** The cluster roles every Kubernetes v1.36 starts with, controllers' own ones aside (bootstrappolicy). */
import type { PolicyRule } from "../../api/rbac/v1/common.ts";
import { nodeRules } from "./node-rules.ts";
import { eventsRule, readVerbs, rule, urlRule, writeVerbs } from "./rule-notation.ts";

export interface DefaultRole {
  readonly rules?: readonly PolicyRule[];
  /** Roles that aggregate this one: `admin`, `edit`, `view`. */
  readonly aggregateTo?: string;
  /** The rules are the sum of the roles labelled `rbac.authorization.k8s.io/aggregate-to-<this>`. */
  readonly aggregates?: string;
}

const everything = [rule("*", "*", "*"), urlRule("*", "*")];
const healthPaths = ["/healthz", "/livez", "/readyz"] as const;
const leaderElection = (name: string): PolicyRule[] => [
  rule("create", "coordination.k8s.io", "leases"),
  rule("get list update watch", "coordination.k8s.io", "leases", [name]),
  rule("create", "coordination.k8s.io", "leasecandidates"),
  rule("delete deletecollection get list patch update watch", "coordination.k8s.io", "leasecandidates"),
];
const podAccess = "pods/attach pods/exec pods/portforward pods/proxy";
const workloads = "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale";
const workloadViews =
  "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status";
const extensionWorkloads =
  "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale";
const extensionViews =
  "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale";

/** What an editor of a namespace may do. Reading secrets and entering pods is here, not in view: it escalates. */
const edit: readonly PolicyRule[] = [
  rule(readVerbs, "core", `${podAccess} secrets services/proxy`),
  rule("impersonate", "core", "serviceaccounts"),
  rule(writeVerbs, "core", `pods ${podAccess}`),
  rule("create", "core", "pods/eviction"),
  rule(
    writeVerbs,
    "core",
    "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy",
  ),
  rule("create", "core", "serviceaccounts/token"),
  rule(writeVerbs, "apps", workloads),
  rule(writeVerbs, "autoscaling", "horizontalpodautoscalers"),
  rule(writeVerbs, "batch", "cronjobs jobs"),
  rule(writeVerbs, "extensions", extensionWorkloads),
  rule(writeVerbs, "policy", "poddisruptionbudgets"),
  rule(writeVerbs, "networking.k8s.io", "ingresses networkpolicies"),
  rule(`${readVerbs} ${writeVerbs}`, "coordination.k8s.io", "leases"),
  rule(writeVerbs, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
];

const view: readonly PolicyRule[] = [
  rule(
    readVerbs,
    "core",
    "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status",
  ),
  rule(
    readVerbs,
    "core",
    "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status",
  ),
  // Within a namespace this shows that namespace alone: how one learns which namespaces one has access to.
  rule(readVerbs, "core", "namespaces"),
  rule(readVerbs, "discovery.k8s.io", "endpointslices"),
  rule(readVerbs, "apps", workloadViews),
  rule(readVerbs, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
  rule(readVerbs, "batch", "cronjobs cronjobs/status jobs jobs/status"),
  rule(readVerbs, "extensions", extensionViews),
  rule(readVerbs, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
  rule(readVerbs, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
  rule(readVerbs, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
];

const scheduler: readonly PolicyRule[] = [
  eventsRule,
  ...leaderElection("kube-scheduler"),
  rule(readVerbs, "core", "nodes"),
  rule("delete get list watch", "core", "pods"),
  rule("create", "core", "bindings pods/binding"),
  rule("patch update", "core", "pods/status"),
  rule(readVerbs, "core", "replicationcontrollers services"),
  rule(readVerbs, "apps extensions", "replicasets"),
  rule(readVerbs, "apps", "statefulsets"),
  rule(readVerbs, "policy", "poddisruptionbudgets"),
  rule(readVerbs, "core", "persistentvolumeclaims persistentvolumes"),
  rule("create", "authentication.k8s.io", "tokenreviews"),
  rule("create", "authorization.k8s.io", "subjectaccessreviews"),
  rule(readVerbs, "storage.k8s.io", "csinodes"),
  rule(readVerbs, "core", "namespaces"),
  rule(readVerbs, "storage.k8s.io", "csidrivers csistoragecapacities volumeattachments"),
  rule(readVerbs, "resource.k8s.io", "deviceclasses resourceslices"),
  rule(`${readVerbs} patch update`, "resource.k8s.io", "resourceclaims"),
  rule("patch update", "resource.k8s.io", "resourceclaims/status"),
];

const controllerManager: readonly PolicyRule[] = [
  eventsRule,
  ...leaderElection("kube-controller-manager"),
  rule("create", "core", "secrets serviceaccounts"),
  rule("delete", "core", "secrets"),
  rule("get", "core", "configmaps namespaces secrets serviceaccounts"),
  rule("update", "core", "secrets serviceaccounts"),
  rule("create", "authentication.k8s.io", "tokenreviews"),
  rule("create", "authorization.k8s.io", "subjectaccessreviews"),
  rule("list watch", "*", "*"),
  rule("create", "core", "serviceaccounts/token"),
];

const signer = (verb: string, name: string): DefaultRole => ({ rules: [rule(verb, "certificates.k8s.io", "signers", [`kubernetes.io/${name}`])] });

export const clusterRoleDefaults: Readonly<Record<string, DefaultRole>> = {
  "cluster-admin": { rules: everything },
  "system:discovery": {
    rules: [urlRule("get", "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/")],
  },
  "system:monitoring": {
    rules: [urlRule("get", "/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*")],
  },
  "system:basic-user": {
    rules: [
      rule("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
      rule("create", "authentication.k8s.io", "selfsubjectreviews"),
    ],
  },
  "system:public-info-viewer": { rules: [urlRule("get", ...healthPaths, "/version", "/version/")] },
  admin: { aggregates: "admin" },
  edit: { aggregates: "edit", aggregateTo: "admin" },
  view: { aggregates: "view", aggregateTo: "edit" },
  "system:aggregate-to-admin": {
    aggregateTo: "admin",
    rules: [
      rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
      rule(`${readVerbs} ${writeVerbs}`, "rbac.authorization.k8s.io", "rolebindings roles"),
    ],
  },
  "system:aggregate-to-edit": { aggregateTo: "edit", rules: edit },
  "system:aggregate-to-view": { aggregateTo: "view", rules: view },
  "system:heapster": { rules: [rule(readVerbs, "core", "events namespaces nodes pods"), rule(readVerbs, "extensions", "deployments")] },
  "system:node": { rules: nodeRules },
  "system:node-problem-detector": { rules: [rule("get", "core", "nodes"), rule("patch", "core", "nodes/status"), eventsRule] },
  "system:kubelet-api-admin": {
    rules: [
      rule(readVerbs, "core", "nodes"),
      rule("proxy", "core", "nodes"),
      rule("*", "core", "nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats"),
    ],
  },
  "system:node-bootstrapper": { rules: [rule("create get list watch", "certificates.k8s.io", "certificatesigningrequests")] },
  "system:auth-delegator": {
    rules: [rule("create", "authentication.k8s.io", "tokenreviews"), rule("create", "authorization.k8s.io", "subjectaccessreviews")],
  },
  "system:kube-aggregator": { rules: [rule(readVerbs, "core", "endpoints services")] },
  "system:kube-controller-manager": { rules: controllerManager },
  "system:kube-dns": { rules: [rule("list watch", "core", "endpoints services")] },
  // Not upstream's own (kubeadm installs it with the add-on): what cluster DNS of this house reads.
  "system:coredns": { rules: [rule("list watch", "core", "endpoints namespaces pods services"), rule("list watch", "discovery.k8s.io", "endpointslices")] },
  "system:persistent-volume-provisioner": {
    rules: [
      rule("create delete get list watch", "core", "persistentvolumes"),
      rule("get list update watch", "core", "persistentvolumeclaims"),
      rule(readVerbs, "storage.k8s.io", "storageclasses"),
      rule("watch", "core", "events"),
      eventsRule,
    ],
  },
  "system:certificates.k8s.io:certificatesigningrequests:nodeclient": {
    rules: [rule("create", "certificates.k8s.io", "certificatesigningrequests/nodeclient")],
  },
  "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient": {
    rules: [rule("create", "certificates.k8s.io", "certificatesigningrequests/selfnodeclient")],
  },
  "system:volume-scheduler": {
    rules: [
      rule("get list patch update watch", "core", "persistentvolumes"),
      rule(readVerbs, "storage.k8s.io", "storageclasses"),
      rule("get list patch update watch", "core", "persistentvolumeclaims"),
    ],
  },
  "system:certificates.k8s.io:legacy-unknown-approver": signer("approve", "legacy-unknown"),
  "system:certificates.k8s.io:kubelet-serving-approver": signer("approve", "kubelet-serving"),
  "system:certificates.k8s.io:kube-apiserver-client-approver": signer("approve", "kube-apiserver-client"),
  "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver": signer("approve", "kube-apiserver-client-kubelet"),
  "system:service-account-issuer-discovery": {
    rules: [urlRule("get", "/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/")],
  },
  "system:node-proxier": {
    rules: [
      rule("list watch", "core", "endpoints services"),
      rule(readVerbs, "core", "nodes"),
      eventsRule,
      rule("list watch", "discovery.k8s.io", "endpointslices"),
      rule("list watch", "networking.k8s.io", "servicecidrs"),
    ],
  },
  "system:kube-scheduler": { rules: scheduler },
};
