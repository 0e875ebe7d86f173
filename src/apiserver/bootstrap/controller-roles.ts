/**
 * One role a controller, bound to the service account kube-system/<controller>: what that loop needs and no more.
 * The names are those of kube-controller-manager.
 */
import type { PolicyRule } from "../../api/rbac/v1/common.ts";
import { eventsRule, readVerbs, rule } from "./rule-notation.ts";

const ownedPods = rule("create delete list patch watch", "core", "pods");

/** get, list, watch and the writes that a workload controller makes to its own kind. */
function workload(groups: string, resource: string): PolicyRule[] {
  return [rule("get list update watch", groups, resource), rule("update", groups, `${resource}/status`), rule("update", groups, `${resource}/finalizers`)];
}

export const controllerRoleDefaults: Readonly<Record<string, readonly PolicyRule[]>> = {
  "attachdetach-controller": [
    rule("list watch", "core", "persistentvolumeclaims persistentvolumes"),
    rule(readVerbs, "core", "nodes"),
    rule("patch update", "core", "nodes/status"),
    rule("list watch", "core", "pods"),
    eventsRule,
    rule("create delete get list watch", "storage.k8s.io", "volumeattachments"),
    rule(readVerbs, "storage.k8s.io", "csidrivers"),
    rule(readVerbs, "storage.k8s.io", "csinodes"),
  ],
  "certificate-controller": [
    rule("delete get list watch", "certificates.k8s.io", "certificatesigningrequests"),
    rule("update", "certificates.k8s.io", "certificatesigningrequests/approval certificatesigningrequests/status"),
    rule("approve", "certificates.k8s.io", "signers", ["kubernetes.io/kube-apiserver-client-kubelet"]),
    rule("sign", "certificates.k8s.io", "signers", [
      "kubernetes.io/kube-apiserver-client",
      "kubernetes.io/kube-apiserver-client-kubelet",
      "kubernetes.io/kubelet-serving",
      "kubernetes.io/legacy-unknown",
    ]),
    rule("create", "authorization.k8s.io", "subjectaccessreviews"),
    eventsRule,
  ],
  "clusterrole-aggregation-controller": [rule("escalate get list patch update watch", "rbac.authorization.k8s.io", "clusterroles")],
  "cronjob-controller": [
    rule("get list update watch", "batch", "cronjobs"),
    rule("create delete get list patch update watch", "batch", "jobs"),
    rule("update", "batch", "cronjobs/status"),
    rule("update", "batch", "cronjobs/finalizers"),
    rule("delete list watch", "core", "pods"),
    eventsRule,
  ],
  "daemon-set-controller": [
    rule(readVerbs, "apps extensions", "daemonsets"),
    rule("update", "apps extensions", "daemonsets/status"),
    rule("update", "apps extensions", "daemonsets/finalizers"),
    rule("list watch", "core", "nodes"),
    ownedPods,
    rule("create", "core", "pods/binding"),
    rule("create delete get list patch update watch", "apps", "controllerrevisions"),
    eventsRule,
  ],
  "deployment-controller": [
    ...workload("apps extensions", "deployments"),
    rule("create delete get list patch update watch", "apps extensions", "replicasets"),
    rule("get list update watch", "core", "pods"),
    eventsRule,
  ],
  "device-taint-eviction-controller": [
    rule("delete get list watch", "core", "pods"),
    rule("patch update", "core", "pods/status"),
    rule(readVerbs, "resource.k8s.io", "deviceclasses devicetaintrules resourceclaims resourceslices"),
    rule("patch update", "resource.k8s.io", "devicetaintrules/status"),
    eventsRule,
  ],
  "disruption-controller": [
    rule(readVerbs, "apps extensions", "deployments"),
    rule(readVerbs, "apps extensions", "replicasets"),
    rule(readVerbs, "core", "replicationcontrollers"),
    rule(readVerbs, "policy", "poddisruptionbudgets"),
    rule(readVerbs, "apps", "statefulsets"),
    // Upstream watches pods under the identity of the shared informers; here every loop reads as itself.
    rule(readVerbs, "core", "pods"),
    rule("update", "policy", "poddisruptionbudgets/status"),
    rule("patch update", "core", "pods/status"),
    rule("get", "*", "*/scale"),
    eventsRule,
  ],
  "endpoint-controller": [
    rule(readVerbs, "core", "pods services"),
    rule("create delete get list update watch", "core", "endpoints"),
    rule("create", "core", "endpoints/restricted"),
    eventsRule,
  ],
  "endpointslice-controller": [
    rule(readVerbs, "core", "nodes pods services"),
    rule("update", "core", "services/finalizers"),
    rule("create delete get list update watch", "discovery.k8s.io", "endpointslices"),
    rule("create", "discovery.k8s.io", "endpointslices/restricted"),
    eventsRule,
  ],
  "endpointslicemirroring-controller": [
    rule(readVerbs, "core", "endpoints services"),
    rule("update", "core", "services/finalizers"),
    rule("update", "core", "endpoints/finalizers"),
    rule("create delete get list update watch", "discovery.k8s.io", "endpointslices"),
    rule("create", "discovery.k8s.io", "endpointslices/restricted"),
    eventsRule,
  ],
  "ephemeral-volume-controller": [
    rule(readVerbs, "core", "pods"),
    rule("update", "core", "pods/finalizers"),
    rule("create get list watch", "core", "persistentvolumeclaims"),
    eventsRule,
  ],
  "expand-controller": [
    rule("get list patch update watch", "core", "persistentvolumes"),
    rule("patch update", "core", "persistentvolumeclaims/status"),
    rule(readVerbs, "core", "persistentvolumeclaims"),
    eventsRule,
  ],
  "generic-garbage-collector": [rule("delete get list patch update watch", "*", "*"), eventsRule],
  "horizontal-pod-autoscaler": [
    rule(readVerbs, "autoscaling", "horizontalpodautoscalers"),
    rule("update", "autoscaling", "horizontalpodautoscalers/status"),
    rule("get update", "*", "*/scale"),
    rule("list watch", "core", "pods"),
    rule("list", "metrics.k8s.io", "pods"),
    rule("get list", "custom.metrics.k8s.io", "*"),
    rule("get list", "external.metrics.k8s.io", "*"),
    eventsRule,
  ],
  "job-controller": [
    rule("get list patch update watch", "batch", "jobs"),
    rule("update", "batch", "jobs/status"),
    rule("update", "batch", "jobs/finalizers"),
    ownedPods,
    eventsRule,
  ],
  "legacy-service-account-token-cleaner": [
    rule("get", "core", "configmaps", ["kube-apiserver-legacy-service-account-token-tracking"]),
    rule("delete patch", "core", "secrets"),
  ],
  "namespace-controller": [
    rule("delete get list watch", "core", "namespaces"),
    rule("update", "core", "namespaces/finalize namespaces/status"),
    rule("delete deletecollection get list watch", "*", "*"),
  ],
  "node-controller": [
    rule("delete get list patch update watch", "core", "nodes"),
    rule("patch update", "core", "nodes/status"),
    rule("patch update", "core", "pods/status"),
    rule("delete get list watch", "core", "pods"),
    // Heartbeats; upstream reads them through the shared informers.
    rule(readVerbs, "coordination.k8s.io", "leases"),
    eventsRule,
  ],
  "persistent-volume-binder": [
    rule("create delete get list update watch", "core", "persistentvolumes"),
    rule("update", "core", "persistentvolumes/status"),
    rule("get list update watch", "core", "persistentvolumeclaims"),
    rule("update", "core", "persistentvolumeclaims/status"),
    rule("create delete get list watch", "core", "pods"),
    rule(readVerbs, "storage.k8s.io", "storageclasses"),
    rule("list watch", "core", "nodes"),
    rule("watch", "core", "events"),
    eventsRule,
  ],
  "pod-garbage-collector": [rule("delete list watch", "core", "pods"), rule(readVerbs, "core", "nodes"), rule("patch", "core", "pods/status")],
  "pv-protection-controller": [rule("get list update watch", "core", "persistentvolumes"), eventsRule],
  "pvc-protection-controller": [
    rule("get list update watch", "core", "persistentvolumeclaims"),
    rule("patch update", "core", "persistentvolumeclaims/status"),
    rule(readVerbs, "core", "pods"),
    eventsRule,
  ],
  "replicaset-controller": [...workload("apps extensions", "replicasets"), ownedPods, eventsRule],
  "replication-controller": [...workload("core", "replicationcontrollers"), ownedPods, eventsRule],
  "resource-claim-controller": [
    rule(readVerbs, "core", "pods"),
    rule("update", "core", "pods/finalizers"),
    rule("create delete get list watch", "resource.k8s.io", "resourceclaims"),
    rule(readVerbs, "resource.k8s.io", "resourceclaimtemplates"),
    rule("patch update", "resource.k8s.io", "resourceclaims resourceclaims/status"),
    rule("patch update", "core", "pods/status"),
    eventsRule,
  ],
  "resourcequota-controller": [rule("list watch", "*", "*"), rule("update", "core", "resourcequotas/status"), eventsRule],
  "root-ca-cert-publisher": [rule("create update", "core", "configmaps"), rule(readVerbs, "core", "configmaps namespaces"), eventsRule],
  "route-controller": [rule("list watch", "core", "nodes"), rule("patch", "core", "nodes/status"), eventsRule],
  "selinux-warning-controller": [
    eventsRule,
    rule(readVerbs, "core", "persistentvolumeclaims persistentvolumes pods"),
    rule(readVerbs, "storage.k8s.io", "csidrivers"),
  ],
  "service-account-controller": [rule("create", "core", "serviceaccounts"), rule(readVerbs, "core", "namespaces serviceaccounts"), eventsRule],
  "service-cidrs-controller": [
    rule("get list patch update watch", "networking.k8s.io", "servicecidrs"),
    rule("patch update", "networking.k8s.io", "servicecidrs/finalizers"),
    rule("patch update", "networking.k8s.io", "servicecidrs/status"),
    rule(readVerbs, "networking.k8s.io", "ipaddresses"),
    eventsRule,
  ],
  "service-controller": [rule(readVerbs, "core", "services"), rule("patch update", "core", "services/status"), rule("list watch", "core", "nodes"), eventsRule],
  "statefulset-controller": [
    rule("list watch", "core", "pods"),
    rule(readVerbs, "apps", "statefulsets"),
    rule("update", "apps", "statefulsets/status"),
    rule("update", "apps", "statefulsets/finalizers"),
    rule("create delete get patch update", "core", "pods"),
    rule("create delete get list patch update watch", "apps", "controllerrevisions"),
    rule("create get list watch", "core", "persistentvolumeclaims"),
    rule("delete update", "core", "persistentvolumeclaims"),
    rule("update", "core", "pods/finalizers"),
    eventsRule,
  ],
  "storage-version-migrator-controller": [
    rule("create list patch watch", "*", "*"),
    rule("update", "storagemigration.k8s.io", "storageversionmigrations/status"),
  ],
  "ttl-after-finished-controller": [rule("delete get list watch", "batch", "jobs"), eventsRule],
  "ttl-controller": [rule("list patch update watch", "core", "nodes"), eventsRule],
  "validatingadmissionpolicy-status-controller": [
    rule(readVerbs, "admissionregistration.k8s.io", "validatingadmissionpolicies"),
    rule("get patch update", "admissionregistration.k8s.io", "validatingadmissionpolicies/status"),
    eventsRule,
  ],
  "volumeattributesclass-protection-controller": [
    rule(readVerbs, "core", "persistentvolumeclaims"),
    rule(readVerbs, "core", "persistentvolumes"),
    rule("get list update watch", "storage.k8s.io", "volumeattributesclasses"),
    eventsRule,
  ],
};
