/** A typed name for every built-in resource, for use with `client.of(…)` and informers. */

import type { MutatingAdmissionPolicy } from "../api/admissionregistration/v1/mutating-admission-policy.ts";
import type { MutatingAdmissionPolicyBinding } from "../api/admissionregistration/v1/mutating-admission-policy-binding.ts";
import type { MutatingWebhookConfiguration } from "../api/admissionregistration/v1/mutating-webhook-configuration.ts";
import type { ValidatingAdmissionPolicy } from "../api/admissionregistration/v1/validating-admission-policy.ts";
import type { ValidatingAdmissionPolicyBinding } from "../api/admissionregistration/v1/validating-admission-policy-binding.ts";
import type { ValidatingWebhookConfiguration } from "../api/admissionregistration/v1/validating-webhook-configuration.ts";
import type { ControllerRevision } from "../api/apps/v1/controller-revision.ts";
import type { DaemonSet } from "../api/apps/v1/daemon-set.ts";
import type { Deployment } from "../api/apps/v1/deployment.ts";
import type { ReplicaSet } from "../api/apps/v1/replica-set.ts";
import type { StatefulSet } from "../api/apps/v1/stateful-set.ts";
import type { SelfSubjectReview } from "../api/authentication/v1/self-subject-review.ts";
import type { TokenReview } from "../api/authentication/v1/token-review.ts";
import type { LocalSubjectAccessReview } from "../api/authorization/v1/local-subject-access-review.ts";
import type { SelfSubjectAccessReview } from "../api/authorization/v1/self-subject-access-review.ts";
import type { SelfSubjectRulesReview } from "../api/authorization/v1/self-subject-rules-review.ts";
import type { SubjectAccessReview } from "../api/authorization/v1/subject-access-review.ts";
import type { HorizontalPodAutoscaler } from "../api/autoscaling/v1/horizontal-pod-autoscaler.ts";
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV2 } from "../api/autoscaling/v2/horizontal-pod-autoscaler.ts";
import type { CronJob } from "../api/batch/v1/cron-job.ts";
import type { Job } from "../api/batch/v1/job.ts";
import type { CertificateSigningRequest } from "../api/certificates/v1/certificate-signing-request.ts";
import type { Lease } from "../api/coordination/v1/lease.ts";
import type { Binding } from "../api/core/v1/binding.ts";
import type { ComponentStatus } from "../api/core/v1/component-status.ts";
import type { ConfigMap } from "../api/core/v1/config-map.ts";
import type { Endpoints } from "../api/core/v1/endpoints.ts";
import type { Event } from "../api/core/v1/event.ts";
import type { LimitRange } from "../api/core/v1/limit-range.ts";
import type { Namespace } from "../api/core/v1/namespace.ts";
import type { Node } from "../api/core/v1/node.ts";
import type { PersistentVolume } from "../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../api/core/v1/persistent-volume-claim.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { PodTemplate } from "../api/core/v1/pod-template.ts";
import type { ReplicationController } from "../api/core/v1/replication-controller.ts";
import type { ResourceQuota } from "../api/core/v1/resource-quota.ts";
import type { Secret } from "../api/core/v1/secret.ts";
import type { Service } from "../api/core/v1/service.ts";
import type { ServiceAccount } from "../api/core/v1/service-account.ts";
import type { EndpointSlice } from "../api/discovery/v1/endpoint-slice.ts";
import type { Event as EventV1 } from "../api/events/v1/event.ts";
import type { FlowSchema } from "../api/flowcontrol/v1/flow-schema.ts";
import type { PriorityLevelConfiguration } from "../api/flowcontrol/v1/priority-level-configuration.ts";
import type { Ingress } from "../api/networking/v1/ingress.ts";
import type { IngressClass } from "../api/networking/v1/ingress-class.ts";
import type { IPAddress } from "../api/networking/v1/ip-address.ts";
import type { NetworkPolicy } from "../api/networking/v1/network-policy.ts";
import type { ServiceCIDR } from "../api/networking/v1/service-cidr.ts";
import type { RuntimeClass } from "../api/node/v1/runtime-class.ts";
import type { PodDisruptionBudget } from "../api/policy/v1/pod-disruption-budget.ts";
import type { ClusterRole } from "../api/rbac/v1/cluster-role.ts";
import type { ClusterRoleBinding } from "../api/rbac/v1/cluster-role-binding.ts";
import type { Role } from "../api/rbac/v1/role.ts";
import type { RoleBinding } from "../api/rbac/v1/role-binding.ts";
import type { DeviceClass } from "../api/resource/v1/device-class.ts";
import type { ResourceClaim } from "../api/resource/v1/resource-claim.ts";
import type { ResourceClaimTemplate } from "../api/resource/v1/resource-claim-template.ts";
import type { ResourceSlice } from "../api/resource/v1/resource-slice.ts";
import type { PriorityClass } from "../api/scheduling/v1/priority-class.ts";
import type { CSIDriver } from "../api/storage/v1/csi-driver.ts";
import type { CSINode } from "../api/storage/v1/csi-node.ts";
import type { CSIStorageCapacity } from "../api/storage/v1/csi-storage-capacity.ts";
import type { StorageClass } from "../api/storage/v1/storage-class.ts";
import type { VolumeAttachment } from "../api/storage/v1/volume-attachment.ts";
import type { VolumeAttributesClass } from "../api/storage/v1/volume-attributes-class.ts";
import type { ResourceRef } from "../machinery/object.ts";

export const bindings: ResourceRef<Binding> = { group: "", version: "v1", resource: "bindings", kind: "Binding", namespaced: true };
export const componentStatuses: ResourceRef<ComponentStatus> = {
  group: "",
  version: "v1",
  resource: "componentstatuses",
  kind: "ComponentStatus",
  namespaced: false,
};
export const configMaps: ResourceRef<ConfigMap> = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
export const endpoints: ResourceRef<Endpoints> = { group: "", version: "v1", resource: "endpoints", kind: "Endpoints", namespaced: true };
export const events: ResourceRef<Event> = { group: "", version: "v1", resource: "events", kind: "Event", namespaced: true };
export const limitRanges: ResourceRef<LimitRange> = {
  group: "",
  version: "v1",
  resource: "limitranges",
  kind: "LimitRange",
  namespaced: true,
};
export const namespaces: ResourceRef<Namespace> = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
};
export const nodes: ResourceRef<Node> = { group: "", version: "v1", resource: "nodes", kind: "Node", namespaced: false };
export const persistentVolumeClaims: ResourceRef<PersistentVolumeClaim> = {
  group: "",
  version: "v1",
  resource: "persistentvolumeclaims",
  kind: "PersistentVolumeClaim",
  namespaced: true,
};
export const persistentVolumes: ResourceRef<PersistentVolume> = {
  group: "",
  version: "v1",
  resource: "persistentvolumes",
  kind: "PersistentVolume",
  namespaced: false,
};
export const pods: ResourceRef<Pod> = { group: "", version: "v1", resource: "pods", kind: "Pod", namespaced: true };
export const podTemplates: ResourceRef<PodTemplate> = {
  group: "",
  version: "v1",
  resource: "podtemplates",
  kind: "PodTemplate",
  namespaced: true,
};
export const replicationControllers: ResourceRef<ReplicationController> = {
  group: "",
  version: "v1",
  resource: "replicationcontrollers",
  kind: "ReplicationController",
  namespaced: true,
};
export const resourceQuotas: ResourceRef<ResourceQuota> = {
  group: "",
  version: "v1",
  resource: "resourcequotas",
  kind: "ResourceQuota",
  namespaced: true,
};
export const secrets: ResourceRef<Secret> = { group: "", version: "v1", resource: "secrets", kind: "Secret", namespaced: true };
export const serviceAccounts: ResourceRef<ServiceAccount> = {
  group: "",
  version: "v1",
  resource: "serviceaccounts",
  kind: "ServiceAccount",
  namespaced: true,
};
export const services: ResourceRef<Service> = { group: "", version: "v1", resource: "services", kind: "Service", namespaced: true };
export const mutatingAdmissionPolicies: ResourceRef<MutatingAdmissionPolicy> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "mutatingadmissionpolicies",
  kind: "MutatingAdmissionPolicy",
  namespaced: false,
};
export const mutatingAdmissionPolicyBindings: ResourceRef<MutatingAdmissionPolicyBinding> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "mutatingadmissionpolicybindings",
  kind: "MutatingAdmissionPolicyBinding",
  namespaced: false,
};
export const mutatingWebhookConfigurations: ResourceRef<MutatingWebhookConfiguration> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "mutatingwebhookconfigurations",
  kind: "MutatingWebhookConfiguration",
  namespaced: false,
};
export const validatingAdmissionPolicies: ResourceRef<ValidatingAdmissionPolicy> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "validatingadmissionpolicies",
  kind: "ValidatingAdmissionPolicy",
  namespaced: false,
};
export const validatingAdmissionPolicyBindings: ResourceRef<ValidatingAdmissionPolicyBinding> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "validatingadmissionpolicybindings",
  kind: "ValidatingAdmissionPolicyBinding",
  namespaced: false,
};
export const validatingWebhookConfigurations: ResourceRef<ValidatingWebhookConfiguration> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "validatingwebhookconfigurations",
  kind: "ValidatingWebhookConfiguration",
  namespaced: false,
};
export const controllerRevisions: ResourceRef<ControllerRevision> = {
  group: "apps",
  version: "v1",
  resource: "controllerrevisions",
  kind: "ControllerRevision",
  namespaced: true,
};
export const daemonSets: ResourceRef<DaemonSet> = {
  group: "apps",
  version: "v1",
  resource: "daemonsets",
  kind: "DaemonSet",
  namespaced: true,
};
export const deployments: ResourceRef<Deployment> = {
  group: "apps",
  version: "v1",
  resource: "deployments",
  kind: "Deployment",
  namespaced: true,
};
export const replicaSets: ResourceRef<ReplicaSet> = {
  group: "apps",
  version: "v1",
  resource: "replicasets",
  kind: "ReplicaSet",
  namespaced: true,
};
export const statefulSets: ResourceRef<StatefulSet> = {
  group: "apps",
  version: "v1",
  resource: "statefulsets",
  kind: "StatefulSet",
  namespaced: true,
};
export const selfSubjectReviews: ResourceRef<SelfSubjectReview> = {
  group: "authentication.k8s.io",
  version: "v1",
  resource: "selfsubjectreviews",
  kind: "SelfSubjectReview",
  namespaced: false,
};
export const tokenReviews: ResourceRef<TokenReview> = {
  group: "authentication.k8s.io",
  version: "v1",
  resource: "tokenreviews",
  kind: "TokenReview",
  namespaced: false,
};
export const localSubjectAccessReviews: ResourceRef<LocalSubjectAccessReview> = {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "localsubjectaccessreviews",
  kind: "LocalSubjectAccessReview",
  namespaced: true,
};
export const selfSubjectAccessReviews: ResourceRef<SelfSubjectAccessReview> = {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "selfsubjectaccessreviews",
  kind: "SelfSubjectAccessReview",
  namespaced: false,
};
export const selfSubjectRulesReviews: ResourceRef<SelfSubjectRulesReview> = {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "selfsubjectrulesreviews",
  kind: "SelfSubjectRulesReview",
  namespaced: false,
};
export const subjectAccessReviews: ResourceRef<SubjectAccessReview> = {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "subjectaccessreviews",
  kind: "SubjectAccessReview",
  namespaced: false,
};
export const horizontalPodAutoscalers: ResourceRef<HorizontalPodAutoscaler> = {
  group: "autoscaling",
  version: "v1",
  resource: "horizontalpodautoscalers",
  kind: "HorizontalPodAutoscaler",
  namespaced: true,
};
export const horizontalPodAutoscalersV2: ResourceRef<HorizontalPodAutoscalerV2> = {
  group: "autoscaling",
  version: "v2",
  resource: "horizontalpodautoscalers",
  kind: "HorizontalPodAutoscaler",
  namespaced: true,
};
export const cronJobs: ResourceRef<CronJob> = { group: "batch", version: "v1", resource: "cronjobs", kind: "CronJob", namespaced: true };
export const jobs: ResourceRef<Job> = { group: "batch", version: "v1", resource: "jobs", kind: "Job", namespaced: true };
export const certificateSigningRequests: ResourceRef<CertificateSigningRequest> = {
  group: "certificates.k8s.io",
  version: "v1",
  resource: "certificatesigningrequests",
  kind: "CertificateSigningRequest",
  namespaced: false,
};
export const leases: ResourceRef<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  resource: "leases",
  kind: "Lease",
  namespaced: true,
};
export const endpointSlices: ResourceRef<EndpointSlice> = {
  group: "discovery.k8s.io",
  version: "v1",
  resource: "endpointslices",
  kind: "EndpointSlice",
  namespaced: true,
};
export const eventsV1: ResourceRef<EventV1> = {
  group: "events.k8s.io",
  version: "v1",
  resource: "events",
  kind: "Event",
  namespaced: true,
};
export const flowSchemas: ResourceRef<FlowSchema> = {
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  resource: "flowschemas",
  kind: "FlowSchema",
  namespaced: false,
};
export const priorityLevelConfigurations: ResourceRef<PriorityLevelConfiguration> = {
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  resource: "prioritylevelconfigurations",
  kind: "PriorityLevelConfiguration",
  namespaced: false,
};
export const ingressClasses: ResourceRef<IngressClass> = {
  group: "networking.k8s.io",
  version: "v1",
  resource: "ingressclasses",
  kind: "IngressClass",
  namespaced: false,
};
export const ingresses: ResourceRef<Ingress> = {
  group: "networking.k8s.io",
  version: "v1",
  resource: "ingresses",
  kind: "Ingress",
  namespaced: true,
};
export const ipAddresses: ResourceRef<IPAddress> = {
  group: "networking.k8s.io",
  version: "v1",
  resource: "ipaddresses",
  kind: "IPAddress",
  namespaced: false,
};
export const networkPolicies: ResourceRef<NetworkPolicy> = {
  group: "networking.k8s.io",
  version: "v1",
  resource: "networkpolicies",
  kind: "NetworkPolicy",
  namespaced: true,
};
export const serviceCIDRs: ResourceRef<ServiceCIDR> = {
  group: "networking.k8s.io",
  version: "v1",
  resource: "servicecidrs",
  kind: "ServiceCIDR",
  namespaced: false,
};
export const runtimeClasses: ResourceRef<RuntimeClass> = {
  group: "node.k8s.io",
  version: "v1",
  resource: "runtimeclasses",
  kind: "RuntimeClass",
  namespaced: false,
};
export const podDisruptionBudgets: ResourceRef<PodDisruptionBudget> = {
  group: "policy",
  version: "v1",
  resource: "poddisruptionbudgets",
  kind: "PodDisruptionBudget",
  namespaced: true,
};
export const clusterRoleBindings: ResourceRef<ClusterRoleBinding> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "clusterrolebindings",
  kind: "ClusterRoleBinding",
  namespaced: false,
};
export const clusterRoles: ResourceRef<ClusterRole> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "clusterroles",
  kind: "ClusterRole",
  namespaced: false,
};
export const roleBindings: ResourceRef<RoleBinding> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "rolebindings",
  kind: "RoleBinding",
  namespaced: true,
};
export const roles: ResourceRef<Role> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "roles",
  kind: "Role",
  namespaced: true,
};
export const deviceClasses: ResourceRef<DeviceClass> = {
  group: "resource.k8s.io",
  version: "v1",
  resource: "deviceclasses",
  kind: "DeviceClass",
  namespaced: false,
};
export const resourceClaims: ResourceRef<ResourceClaim> = {
  group: "resource.k8s.io",
  version: "v1",
  resource: "resourceclaims",
  kind: "ResourceClaim",
  namespaced: true,
};
export const resourceClaimTemplates: ResourceRef<ResourceClaimTemplate> = {
  group: "resource.k8s.io",
  version: "v1",
  resource: "resourceclaimtemplates",
  kind: "ResourceClaimTemplate",
  namespaced: true,
};
export const resourceSlices: ResourceRef<ResourceSlice> = {
  group: "resource.k8s.io",
  version: "v1",
  resource: "resourceslices",
  kind: "ResourceSlice",
  namespaced: false,
};
export const priorityClasses: ResourceRef<PriorityClass> = {
  group: "scheduling.k8s.io",
  version: "v1",
  resource: "priorityclasses",
  kind: "PriorityClass",
  namespaced: false,
};
export const csiDrivers: ResourceRef<CSIDriver> = {
  group: "storage.k8s.io",
  version: "v1",
  resource: "csidrivers",
  kind: "CSIDriver",
  namespaced: false,
};
export const csiNodes: ResourceRef<CSINode> = {
  group: "storage.k8s.io",
  version: "v1",
  resource: "csinodes",
  kind: "CSINode",
  namespaced: false,
};
export const csiStorageCapacities: ResourceRef<CSIStorageCapacity> = {
  group: "storage.k8s.io",
  version: "v1",
  resource: "csistoragecapacities",
  kind: "CSIStorageCapacity",
  namespaced: true,
};
export const storageClasses: ResourceRef<StorageClass> = {
  group: "storage.k8s.io",
  version: "v1",
  resource: "storageclasses",
  kind: "StorageClass",
  namespaced: false,
};
export const volumeAttachments: ResourceRef<VolumeAttachment> = {
  group: "storage.k8s.io",
  version: "v1",
  resource: "volumeattachments",
  kind: "VolumeAttachment",
  namespaced: false,
};
export const volumeAttributesClasses: ResourceRef<VolumeAttributesClass> = {
  group: "storage.k8s.io",
  version: "v1",
  resource: "volumeattributesclasses",
  kind: "VolumeAttributesClass",
  namespaced: false,
};
