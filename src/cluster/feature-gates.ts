/**
 * kube-apiserver's --feature-gates. Of the gates of v1.36 a few can be moved; for the others only what Kubernetes does by
 * default is taken, so that nobody believes to have switched something that stays as it is.
 */
import { goBool } from "./runtime-config.ts";

/** What the gates that can be moved make of the API server; absent: as by default, which is on. */
export interface Features {
  /** APIResponseCompression: large answers go compressed to those who take that. */
  readonly compressResponses?: boolean;
  /** APIServerIdentity: a Lease for every server of several (KEP-1965). */
  readonly serverIdentity?: boolean;
  /** StorageVersionHash: discovery tells which version of a resource is stored. */
  readonly storageVersionHash?: boolean;
  /** WatchList: watches may begin with a list, by sendInitialEvents (KEP-3157). */
  readonly watchList?: boolean;
}

const moved = {
  APIResponseCompression: "compressResponses",
  APIServerIdentity: "serverIdentity",
  StorageVersionHash: "storageVersionHash",
  WatchList: "watchList",
} as const satisfies Readonly<Record<string, keyof Features>>;

/** For `--help`. */
export const movedGates: readonly string[] = Object.keys(moved);

const names = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Off unless they are switched on. AllAlpha and AllBeta stand for all of their stage. */
const alpha = names(`
  APIServingWithRoutine AllAlpha AllowUnsafeMalformedObjectDeletion CBORServingAndStorage CPUManagerPolicyAlphaOptions
  CRIListStreaming CSIVolumeHealth ClientsAllowCBOR ClientsPreferCBOR CloudControllerManagerWatchBasedRoutesReconciliation
  CloudControllerManagerWebhook ContainerStopSignals ControllerManagerReleaseLeaderElectionLockOnExit
  CrossNamespaceVolumeDataSource DRAListTypeAttributes DRANodeAllocatableResources DRAResourcePoolStatus
  DRAWorkloadResourceClaims EventedPLEG GangScheduling GenericWorkload HPAScaleToZero ImageVolumeWithDigest
  InPlacePodVerticalScalingExclusiveCPUs InPlacePodVerticalScalingExclusiveMemory KubeletInUserNamespace
  LoggingAlphaOptions ManifestBasedAdmissionControlConfig MemoryQoS MutablePVNodeAffinity NativeHistograms
  PersistentVolumeClaimUnusedSinceTime PodAndContainerStatsFromCRI PodLevelResourceManagers PodLogsQuerySplitStreams PodsAPI
  QOSReserved ReduceDefaultCrashLoopBackOffDecay RuntimeClassInImageCriApi ShardedListAndWatch StorageCapacityScoring
  StorageVersionAPI TaintTolerationComparisonOperators TopologyAwareWorkloadScheduling TopologyManagerPolicyAlphaOptions
  UserNamespacesHostNetworkSupport VolumeLimitScaling WindowsCPUAndMemoryAffinity WorkloadAwarePreemption WorkloadWithJob`);
const betaOff = names(`
  ClusterTrustBundle ClusterTrustBundleProjection ConcurrentWatchObjectDecode CoordinatedLeaderElection DRADeviceTaintRules
  LocalStorageCapacityIsolationFSQuotaMonitoring MaxUnavailableStatefulSet PodCertificateRequest SELinuxMount
  SchedulerAsyncAPICalls StorageVersionMigrator`);
const betaOn = names(`
  APIResponseCompression APIServerIdentity AllowParsingUserUIDFromCertAuth AtomicFIFO AuthorizePodWebsocketUpgradeCreatePermission
  CPUManagerPolicyBetaOptions CRDObservedGenerationTracking ClearingNominatedNodeNameAfterBinding ClientsAllowCARotation
  ClientsAllowTLSCacheGC ComponentFlagz ComponentStatusz ConstrainedImpersonation ContainerCheckpoint ContainerRestartRules
  ContextualLogging DRAConsumableCapacity DRADeviceBindingConditions DRADeviceTaints DRAExtendedResource
  DRAPartitionableDevices DRAResourceClaimDeviceStatus DRAResourceClaimGranularStatusAuthorization DRASchedulerFilterTimeout
  DeclarativeValidationBeta DeploymentReplicaSetTerminatingReplicas DetectCacheInconsistency EnvFiles ExtendWebSocketsToKubelet
  GracefulNodeShutdown GracefulNodeShutdownBasedOnPodPriority HPAConfigurableTolerance HostnameOverride
  InOrderInformersBatchProcess InPlacePodLevelResourcesVerticalScaling InPlacePodVerticalScalingInitContainers
  KubeletCrashLoopBackOffMax KubeletEnsureSecretPulledImages KubeletSeparateDiskGC
  KubeletServiceAccountTokenForCredentialProviders ListFromCacheSnapshot LoggingBetaOptions MatchLabelKeysInPodTopologySpread
  MatchLabelKeysInPodTopologySpreadSelectorMerge MutablePodResourcesForSuspendedJobs
  MutableSchedulingDirectivesForSuspendedJobs NodeDeclaredFeatures NominatedNodeNameForExpectation OpenAPIEnums
  OpportunisticBatching PLEGOnDemandRelist PodDeletionCost PodLevelResources PodReadyToStartContainersCondition
  PodTopologyLabelsAdmission PortForwardWebsockets PreventStaticPodAPIReferences RelaxedServiceNameValidation
  ReloadKubeletClientCAFile ReloadKubeletServerCertificateFile RemoteRequestHeaderUID ResourceHealthStatus
  ResourceHealthStatusMessage RestartAllContainersOnContainerExits RotateKubeletServerCertificate SchedulerAsyncPreemption
  SchedulerPopFromBackoffQ ServiceAccountNodeAudienceRestriction SizeBasedListCostEstimate StaleControllerConsistencyDaemonSet
  StaleControllerConsistencyJob StaleControllerConsistencyReplicaSet StaleControllerConsistencyStatefulSet
  StatefulSetSemanticRevisionComparison StorageVersionHash StrictIPCIDRValidation
  StructuredAuthenticationConfigurationEgressSelector StructuredAuthenticationConfigurationJWKSMetrics
  TokenRequestServiceAccountUIDValidation TopologyManagerPolicyBetaOptions TranslateStreamCloseWebsocketRequests
  UnauthenticatedHTTP2DOSMitigation UnknownVersionInteroperabilityProxy UnlockWhileProcessingFIFO
  WatchCacheInitializationPostStartHook WatchList WatchListClient WindowsGracefulNodeShutdown`);
/** Generally available, and still known: on, and locked. */
const graduated = names(`
  AnonymousAuthConfigurableEndpoints AuthorizeNodeWithSelectors AuthorizeWithSelectors ConsistentListFromCache
  CSIServiceAccountTokenSecrets DRAAdminAccess DRAPrioritizedList DeclarativeValidation DisableCPUQuotaWithExclusiveCPUs
  DynamicResourceAllocation ExternalServiceAccountTokenSigner ImageVolume InOrderInformers InPlacePodVerticalScaling
  JobManagedBy JobPodReplacementPolicy KubeletFineGrainedAuthz KubeletPSI KubeletPodResourcesDynamicResources
  KubeletPodResourcesGet KubeletTracing MultiCIDRServiceAllocator MutableCSINodeAllocatableCount MutatingAdmissionPolicy
  NodeLogQuery NodeSwap OrderedNamespaceDeletion PodLifecycleSleepAction PodLifecycleSleepActionAllowZero
  PodObservedGenerationTracking PreferSameTrafficDistribution ProcMountType RecoverVolumeExpansionFailure
  RelaxedDNSSearchValidation RelaxedEnvironmentVariableValidation ResilientWatchCacheInitialization SELinuxChangePolicy
  SELinuxMountReadWriteOncePod SchedulerQueueingHints SeparateTaintEvictionController
  StreamingCollectionEncodingToJSON StreamingCollectionEncodingToProtobuf StructuredAuthenticationConfiguration
  SupplementalGroupsPolicy UserNamespacesSupport VolumeAttributesClass`);

/** On their way out; they bring former behaviour back, or keep it. */
const deprecatedOff = names(`
  AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests AllowOverwriteTerminationGracePeriodSeconds
  GitRepoVolumeDriver KMSv1 KubeletRegistrationGetOnExistsOnly SeparateCacheWatchRPC WindowsHostNetwork`);
const deprecatedOn = names(`
  AggregatedDiscoveryRemoveBetaType DisableNodeKubeProxyVersion KubeletPodResourcesListUseActivePods StorageNamespaceIndex`);

const byDefault: ReadonlyMap<string, boolean> = new Map([
  ...[...alpha, ...betaOff, ...deprecatedOff, "AllBeta"].map((name) => [name, false] as const),
  ...[...betaOn, ...deprecatedOn, ...graduated].map((name) => [name, true] as const),
]);
const locked = new Set(graduated);

/** `entries` are `GATE=true|false`, with or without the component's `kube:` before. Throws in Kubernetes' words for what it refuses. */
export function features(entries: readonly string[]): Features {
  const values = new Map(entries.map(gate));
  for (const [name, value] of values) checkGate(name, value);
  const changed = Object.entries(moved).flatMap(([name, feature]) => {
    const value = values.get(name);
    return value === undefined ? [] : [[feature, value]];
  });
  return Object.fromEntries(changed) as Features;
}

function gate(entry: string): [name: string, value: boolean] {
  const [key = "", ...rest] = entry.split("=");
  const name = key.trim().replace(/^kube:/, "");
  if (rest.length === 0) throw refused(`missing bool value for ${name}`);
  const text = rest.join("=").trim();
  return [name, goBool(text, () => refused(`invalid value of ${name}=${text}, err: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`))];
}

function checkGate(name: string, value: boolean): void {
  const usual = byDefault.get(name);
  if (usual === undefined) throw refused(`unrecognized feature gate: ${name}`);
  if (locked.has(name) && value !== usual) throw refused(`cannot set feature gate ${name} to ${value}, feature is locked to ${usual}`);
  // It would switch off what is on, though it is off by default itself.
  const asUsual = value === usual && name !== "AllBeta";
  if (asUsual || name in moved) return;
  throw new Error(`cannot use --feature-gates ${name}=${value}: this API server does not go by it; it goes by ${movedGates.join(", ")}`);
}

function refused(reason: string): Error {
  return new Error(`cannot use --feature-gates: ${reason}`);
}
