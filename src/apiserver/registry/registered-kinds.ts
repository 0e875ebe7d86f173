/**
 * Which kinds kube-apiserver v1.36 has Go types for, served or not: a body of one of them is refused in other words than
 * a body of a kind that nobody has heard of.
 */
import { apiVersionOf, type GroupVersionKind } from "../../machinery/object.ts";

/** By group version. Each kind has a list of its own name, but for those marked with `!`. */
const kindsByVersion: Readonly<Record<string, string>> = {
  v1: `Binding! ComponentStatus ConfigMap Endpoints Event LimitRange List! Namespace Node NodeProxyOptions! PersistentVolume PersistentVolumeClaim Pod
    PodAttachOptions! PodExecOptions! PodLogOptions! PodPortForwardOptions! PodProxyOptions! PodStatusResult! PodTemplate RangeAllocation!
    ReplicationController ResourceQuota Secret SerializedReference! Service ServiceAccount ServiceProxyOptions!`,
  "admissionregistration.k8s.io/v1": `MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy
    ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration`,
  "admissionregistration.k8s.io/v1alpha1": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/v1beta1": `MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy
    ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration`,
  "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
  "apps/v1beta1": "ControllerRevision Deployment DeploymentRollback! Scale! StatefulSet",
  "apps/v1beta2": "ControllerRevision DaemonSet Deployment ReplicaSet Scale! StatefulSet",
  "authentication.k8s.io/v1": "SelfSubjectReview! TokenRequest! TokenReview!",
  "authentication.k8s.io/v1alpha1": "SelfSubjectReview!",
  "authentication.k8s.io/v1beta1": "SelfSubjectReview! TokenReview!",
  "authorization.k8s.io/v1": "LocalSubjectAccessReview! SelfSubjectAccessReview! SelfSubjectRulesReview! SubjectAccessReview!",
  "authorization.k8s.io/v1beta1": "LocalSubjectAccessReview! SelfSubjectAccessReview! SelfSubjectRulesReview! SubjectAccessReview!",
  "autoscaling/v1": "HorizontalPodAutoscaler Scale!",
  "autoscaling/v2": "HorizontalPodAutoscaler",
  "batch/v1": "CronJob Job",
  "batch/v1beta1": "CronJob",
  "certificates.k8s.io/v1": "CertificateSigningRequest",
  "certificates.k8s.io/v1alpha1": "ClusterTrustBundle",
  "certificates.k8s.io/v1beta1": "CertificateSigningRequest ClusterTrustBundle PodCertificateRequest",
  "coordination.k8s.io/v1": "Lease",
  "coordination.k8s.io/v1alpha2": "LeaseCandidate",
  "coordination.k8s.io/v1beta1": "Lease LeaseCandidate",
  "discovery.k8s.io/v1": "EndpointSlice",
  "discovery.k8s.io/v1beta1": "EndpointSlice",
  "events.k8s.io/v1": "Event",
  "events.k8s.io/v1beta1": "Event",
  "extensions/v1beta1": "DaemonSet Deployment DeploymentRollback! Ingress NetworkPolicy ReplicaSet Scale!",
  "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
  "flowcontrol.apiserver.k8s.io/v1beta1": "FlowSchema PriorityLevelConfiguration",
  "flowcontrol.apiserver.k8s.io/v1beta2": "FlowSchema PriorityLevelConfiguration",
  "flowcontrol.apiserver.k8s.io/v1beta3": "FlowSchema PriorityLevelConfiguration",
  "internal.apiserver.k8s.io/v1alpha1": "StorageVersion",
  "networking.k8s.io/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
  "networking.k8s.io/v1beta1": "IPAddress Ingress IngressClass ServiceCIDR",
  "node.k8s.io/v1": "RuntimeClass",
  "node.k8s.io/v1alpha1": "RuntimeClass",
  "node.k8s.io/v1beta1": "RuntimeClass",
  "policy/v1": "Eviction! PodDisruptionBudget",
  "policy/v1beta1": "Eviction! PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
  "rbac.authorization.k8s.io/v1alpha1": "ClusterRole ClusterRoleBinding Role RoleBinding",
  "rbac.authorization.k8s.io/v1beta1": "ClusterRole ClusterRoleBinding Role RoleBinding",
  "resource.k8s.io/v1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
  "resource.k8s.io/v1alpha3": "DeviceTaintRule ResourcePoolStatusRequest",
  "resource.k8s.io/v1beta1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
  "resource.k8s.io/v1beta2": "DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice",
  "scheduling.k8s.io/v1": "PriorityClass",
  "scheduling.k8s.io/v1alpha2": "PodGroup Workload",
  "scheduling.k8s.io/v1beta1": "PriorityClass",
  "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
  "storage.k8s.io/v1alpha1": "CSIStorageCapacity VolumeAttachment VolumeAttributesClass",
  "storage.k8s.io/v1beta1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
  "storagemigration.k8s.io/v1beta1": "StorageVersionMigration",
};

/** metav1.AddToGroupVersion gives them to every group version. */
const inEveryVersion = "CreateOptions DeleteOptions GetOptions ListOptions PatchOptions UpdateOptions WatchEvent".split(" ");
/** Known under any apiVersion, for they have none. */
const unversioned: ReadonlySet<string> = new Set("APIGroup APIGroupList APIResourceList APIVersions Status".split(" "));

const registered = new Map(Object.entries(kindsByVersion).map(([apiVersion, kinds]) => [apiVersion, new Set([...listed(kinds), ...inEveryVersion])]));

function listed(kinds: string): string[] {
  return kinds.split(/\s+/).flatMap((kind) => (kind.endsWith("!") ? [kind.slice(0, -1)] : [kind, `${kind}List`]));
}

/** How upstream names the scheme of the built-in kinds: by the line of its source where it is made. */
const schemeName = "pkg/api/legacyscheme/scheme.go:30";

/**
 * Why a body that names this kind is no `wanted`, in the words of upstream's decoder; undefined when it is a `wanted`,
 * though maybe in another version.
 */
export function kindMismatch(found: GroupVersionKind, wanted: GroupVersionKind): string | undefined {
  const known = unversioned.has(found.kind) || registered.get(apiVersionOf(found))?.has(found.kind) === true;
  // Kinds of which upstream's decoders know nothing are this server's own.
  const own = found.kind === wanted.kind && found.group === wanted.group && found.version === wanted.version;
  if (!known && !own) return notRegistered(found, schemeName);
  return own || internalType(found) === internalType(wanted) ? undefined : unknownConversion(found, internalType(wanted));
}

const metaKinds: Readonly<Record<string, ReadonlySet<string>>> = {
  "meta.k8s.io/v1": new Set([...inEveryVersion, "PartialObjectMetadata", "PartialObjectMetadataList", "Table", "TableOptions"]),
  "meta.k8s.io/v1beta1": new Set(["PartialObjectMetadata", "PartialObjectMetadataList", "Table", "TableOptions"]),
};

/** The same for bodies of deletions, whose decoder knows the kinds of meta.k8s.io alone. DeleteOptions may claim any version. */
export function deleteOptionsMismatch(found: GroupVersionKind): string | undefined {
  if (found.kind === "DeleteOptions") return undefined;
  const known = unversioned.has(found.kind) || metaKinds[apiVersionOf(found)]?.has(found.kind) === true;
  return known ? unknownConversion(found, "v1.DeleteOptions") : notRegistered(found, "pkg/apis/meta/internalversion/scheme/register.go:27");
}

function notRegistered(found: GroupVersionKind, scheme: string): string {
  return `no kind ${JSON.stringify(found.kind)} is registered for version ${JSON.stringify(apiVersionOf(found))} in scheme ${JSON.stringify(scheme)}`;
}

function unknownConversion({ kind, version }: GroupVersionKind, target: string): string {
  const ofMeta = unversioned.has(kind) || inEveryVersion.includes(kind) || kind.startsWith("Table");
  return `converting (${ofMeta ? "v1" : version}.${kind}) to (${target}): unknown conversion`;
}

/** Kinds that have moved from one group to another are one kind inside. */
const movedKinds: Readonly<Record<string, string>> = {
  "extensions.DaemonSet": "apps.DaemonSet",
  "extensions.Deployment": "apps.Deployment",
  "extensions.Ingress": "networking.Ingress",
  "extensions.NetworkPolicy": "networking.NetworkPolicy",
  "extensions.ReplicaSet": "apps.ReplicaSet",
  "extensions.Scale": "autoscaling.Scale",
  "apps.Scale": "autoscaling.Scale",
  "events.Event": "core.Event",
};

/** The Go type that all versions of a kind are turned into: `core.Pod`, `rbac.Role`. */
function internalType({ group, kind }: GroupVersionKind): string {
  const pack = group === "" ? "core" : group === "internal.apiserver.k8s.io" ? "apiserverinternal" : group.split(".")[0]!;
  return movedKinds[`${pack}.${kind}`] ?? `${pack}.${kind}`;
}
