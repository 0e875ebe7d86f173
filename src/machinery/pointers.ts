/**
 * Which optional scalars tell an explicit zero from absence. In Go these are pointers; every other scalar goes over the
 * protobuf wire always, zero or not, and Go's JSON leaves its zero out. Decoders drop those zeros, so that the same
 * object comes from every client and a rewrite by another one is no change; no published schema says which they are.
 * Also here are the few scalars that Go prints even when zero. By message, without the package: names are distinct enough.
 */
const byMessage: Readonly<Record<string, string>> = {
  // meta/v1
  ObjectMeta: "deletionGracePeriodSeconds",
  OwnerReference: "controller blockOwnerDeletion",
  DeleteOptions: "gracePeriodSeconds orphanDependents propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential",
  Preconditions: "uid resourceVersion",
  ListMeta: "remainingItemCount",
  // core/v1
  AzureDiskVolumeSource: "cachingMode fsType readOnly kind",
  AzureFilePersistentVolumeSource: "secretNamespace",
  CSIVolumeSource: "readOnly fsType",
  ClientIPConfig: "timeoutSeconds",
  ClusterTrustBundleProjection: "name signerName optional",
  ConfigMap: "immutable",
  ConfigMapEnvSource: "optional",
  ConfigMapKeySelector: "optional",
  ConfigMapProjection: "optional",
  ConfigMapVolumeSource: "defaultMode optional",
  Container: "restartPolicy",
  ContainerStatus: "started stopSignal",
  DownwardAPIVolumeFile: "mode",
  DownwardAPIVolumeSource: "defaultMode",
  EndpointAddress: "nodeName",
  EphemeralContainer: "restartPolicy",
  EphemeralContainerCommon: "restartPolicy",
  FCVolumeSource: "lun",
  FileKeySelector: "optional",
  GRPCAction: "service",
  GlusterfsPersistentVolumeSource: "endpointsNamespace",
  HostPathVolumeSource: "type",
  ISCSIPersistentVolumeSource: "initiatorName",
  ISCSIVolumeSource: "initiatorName",
  KeyToPath: "mode",
  Lifecycle: "stopSignal",
  LoadBalancerIngress: "ipMode",
  LocalVolumeSource: "fsType",
  NodeFeatures: "supplementalGroupsPolicy",
  NodeRuntimeHandler: "name",
  NodeRuntimeHandlerFeatures: "recursiveReadOnlyMounts userNamespaces",
  NodeSwapStatus: "capacity",
  PersistentVolumeClaimSpec: "storageClassName volumeMode volumeAttributesClassName",
  PersistentVolumeClaimStatus: "currentVolumeAttributesClassName",
  PersistentVolumeSpec: "volumeMode volumeAttributesClassName",
  PodCertificateProjection: "maxExpirationSeconds",
  PodDNSConfigOption: "value",
  PodResourceClaim: "resourceClaimName resourceClaimTemplateName",
  PodResourceClaimStatus: "resourceClaimName",
  PodSchedulingGroup: "podGroupName",
  PodSecurityContext: "runAsUser runAsGroup runAsNonRoot fsGroup fsGroupChangePolicy supplementalGroupsPolicy seLinuxChangePolicy",
  PodSpec:
    "terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken shareProcessNamespace priority runtimeClassName enableServiceLinks preemptionPolicy setHostnameAsFQDN hostUsers hostnameOverride",
  PortStatus: "error",
  Probe: "terminationGracePeriodSeconds",
  ProjectedVolumeSource: "defaultMode",
  ReplicationControllerSpec: "replicas",
  ResourceHealth: "message",
  SeccompProfile: "localhostProfile",
  AppArmorProfile: "localhostProfile",
  Secret: "immutable",
  SecretEnvSource: "optional",
  SecretKeySelector: "optional",
  SecretProjection: "optional",
  SecretVolumeSource: "defaultMode optional",
  SecurityContext: "privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount",
  ServiceAccount: "automountServiceAccountToken",
  ServiceAccountTokenProjection: "expirationSeconds",
  ServicePort: "appProtocol",
  ServiceSpec: "ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution",
  Toleration: "tolerationSeconds",
  TopologySpreadConstraint: "minDomains nodeAffinityPolicy nodeTaintsPolicy",
  TypedLocalObjectReference: "apiGroup",
  TypedObjectReference: "apiGroup namespace",
  VolumeMount: "recursiveReadOnly mountPropagation",
  VolumeMountStatus: "recursiveReadOnly",
  WindowsSecurityContextOptions: "gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess",
  // apps/v1
  DeploymentSpec: "replicas revisionHistoryLimit progressDeadlineSeconds",
  DeploymentStatus: "collisionCount terminatingReplicas",
  RollingUpdateDeployment: "maxUnavailable maxSurge",
  RollingUpdateDaemonSet: "maxUnavailable maxSurge",
  DaemonSetSpec: "revisionHistoryLimit",
  DaemonSetStatus: "collisionCount",
  ReplicaSetSpec: "replicas",
  ReplicaSetStatus: "terminatingReplicas",
  RollingUpdateStatefulSetStrategy: "partition maxUnavailable",
  StatefulSetOrdinals: "start",
  StatefulSetSpec: "serviceName replicas revisionHistoryLimit",
  StatefulSetStatus: "collisionCount availableReplicas",
  // batch/v1
  CronJobSpec: "timeZone startingDeadlineSeconds suspend successfulJobsHistoryLimit failedJobsHistoryLimit",
  JobSpec:
    "parallelism completions activeDeadlineSeconds backoffLimit backoffLimitPerIndex maxFailedIndexes manualSelector ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy",
  JobStatus: "ready terminating failedIndexes",
  PodFailurePolicyOnExitCodesRequirement: "containerName",
  PodFailurePolicyOnPodConditionsPattern: "status",
  SuccessPolicyRule: "succeededIndexes succeededCount",
  // autoscaling
  HorizontalPodAutoscalerSpec: "minReplicas targetCPUUtilizationPercentage",
  HorizontalPodAutoscalerStatus: "observedGeneration currentCPUUtilizationPercentage",
  HPAScalingRules: "stabilizationWindowSeconds selectPolicy",
  MetricTarget: "averageUtilization",
  MetricValueStatus: "averageUtilization",
  // policy/v1
  PodDisruptionBudgetSpec: "minAvailable maxUnavailable unhealthyPodEvictionPolicy",
  PodDisruptionBudgetStatus: "disruptionsAllowed currentHealthy desiredHealthy expectedPods",
  // networking/v1
  HTTPIngressPath: "pathType",
  IngressClassParametersReference: "apiGroup scope namespace",
  IngressPortStatus: "error",
  IngressSpec: "ingressClassName",
  NetworkPolicyPort: "protocol port endPort",
  // discovery/v1; core's EndpointPort shares the last of these
  Endpoint: "hostname nodeName zone",
  EndpointConditions: "ready serving terminating",
  // coordination/v1
  LeaseSpec: "holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder",
  // scheduling/v1, storage/v1
  PriorityClass: "value preemptionPolicy",
  CSIDriverSpec:
    "attachRequired podInfoOnMount storageCapacity fsGroupPolicy requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds serviceAccountTokenInSecrets preventPodSchedulingIfMissing",
  RoleRef: "apiGroup",
  StorageClass: "reclaimPolicy allowVolumeExpansion volumeBindingMode",
  TokenRequest: "expirationSeconds",
  VolumeAttachmentSource: "persistentVolumeName",
  VolumeError: "errorCode",
  VolumeNodeResources: "count",
  // certificates/v1, authentication/v1
  CertificateSigningRequestSpec: "expirationSeconds",
  TokenRequestSpec: "expirationSeconds",
  // admissionregistration/v1
  MatchResources: "matchPolicy",
  MutatingAdmissionPolicySpec: "failurePolicy",
  MutatingWebhook: "failurePolicy matchPolicy sideEffects timeoutSeconds reinvocationPolicy",
  ParamRef: "parameterNotFoundAction",
  Rule: "scope",
  RuleWithOperations: "scope",
  NamedRuleWithOperations: "scope",
  ServiceReference: "path port",
  ValidatingAdmissionPolicySpec: "failurePolicy",
  ValidatingWebhook: "failurePolicy matchPolicy sideEffects timeoutSeconds",
  Validation: "reason",
  WebhookClientConfig: "url",
  // flowcontrol/v1
  ExemptPriorityLevelConfiguration: "nominalConcurrencyShares lendablePercent",
  LimitedPriorityLevelConfiguration: "nominalConcurrencyShares lendablePercent borrowingLimitPercent",
  // resource/v1
  AllocatedDeviceStatus: "shareID",
  Device: "nodeName allNodes bindsToNode allowMultipleAllocations",
  DeviceAttribute: "int bool string version",
  DeviceClassSpec: "extendedResourceName",
  DeviceConstraint: "matchAttribute distinctAttribute",
  DeviceRequestAllocationResult: "adminAccess shareID",
  DeviceToleration: "tolerationSeconds",
  ExactDeviceRequest: "adminAccess",
  NodeAllocatableResourceMapping: "capacityKey",
  ResourceSliceSpec: "nodeName allNodes perDeviceNodeSelection",
  // apiextensions.k8s.io/v1
  CustomResourceDefinitionVersion: "deprecationWarning",
  CustomResourceSubresourceScale: "labelSelectorPath",
  JSONSchemaProps:
    "$ref maximum minimum multipleOf maxLength minLength maxItems minItems maxProperties minProperties x-kubernetes-preserve-unknown-fields x-kubernetes-list-type x-kubernetes-map-type",
  ValidationRule: "reason optionalOldSelf",
};

/** Names that several groups use: discovery's EndpointPort has pointers throughout, core's only the last. */
const byFullName: Readonly<Record<string, string>> = {
  "io.k8s.api.core.v1.EndpointPort": "appProtocol",
  "io.k8s.api.core.v1.Event": "reportingComponent reportingInstance",
  "io.k8s.api.discovery.v1.EndpointPort": "name protocol port appProtocol",
};

/** Required fields whose zero Go leaves out of its JSON all the same. By full name, `Message.field`. */
const omittedThoughRequired: ReadonlySet<string> = new Set([
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec.policyName",
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec.validationActions",
  "io.k8s.api.authentication.v1.TokenReviewSpec.token",
  "io.k8s.api.core.v1.ContainerRestartRule.action",
  "io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes.operator",
  "io.k8s.api.core.v1.ImageVolumeStatus.imageRef",
  "io.k8s.api.core.v1.PodCertificateProjection.keyType",
  "io.k8s.api.core.v1.PodCertificateProjection.signerName",
  "io.k8s.api.networking.v1.ParentReference.name",
  "io.k8s.api.networking.v1.ParentReference.resource",
  "io.k8s.api.resource.v1.CounterSet.counters",
  "io.k8s.api.resource.v1.DeviceCounterConsumption.counters",
]);

const none: ReadonlySet<string> = new Set();
const sets = new Map(Object.entries({ ...byMessage, ...byFullName }).map(([name, fields]) => [name, new Set(fields.split(" "))]));

/** Names of a message's scalars whose zero means something. `name` is the OpenAPI definition name. */
export function pointerFields(name: string): ReadonlySet<string> {
  return sets.get(name) ?? sets.get(name.slice(name.lastIndexOf(".") + 1)) ?? none;
}

/** Whether a scalar's zero is kept when it was given. `message` is the OpenAPI definition name. */
export function keepsZero(message: string, name: string, required: boolean | undefined): boolean {
  return required === true ? !omittedThoughRequired.has(`${message}.${name}`) : pointerFields(message).has(name);
}

/** The whole table, for the test that compares it with the schemas. */
export const pointerTable: ReadonlyMap<string, ReadonlySet<string>> = sets;
