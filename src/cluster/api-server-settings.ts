/** kube-apiserver's flags about sizes, times and plugins: what they make of the API server. */
import type { PortRange } from "../apiserver/allocation/port-repair-plan.ts";
import { defaultLimits, type InFlightLimits } from "../apiserver/http/in-flight.ts";

export interface SettingsFlags {
  /** `30000-32767`, or `30000+100` for the hundred after the first. */
  readonly serviceNodePortRange?: string;
  /** Seconds. */
  readonly eventTtl?: number;
  readonly etcdCompactionInterval?: number;
  readonly requestTimeout?: number;
  readonly maxRequestsInflight?: number;
  readonly maxMutatingRequestsInflight?: number;
  /** Seconds. */
  readonly defaultNotReadyTolerationSeconds?: number;
  readonly defaultUnreachableTolerationSeconds?: number;
  readonly enableAdmissionPlugins?: readonly string[];
  readonly disableAdmissionPlugins?: readonly string[];
}

export const settingsFlagNames = [
  "serviceNodePortRange",
  "eventTtl",
  "etcdCompactionInterval",
  "requestTimeout",
  "maxRequestsInflight",
  "maxMutatingRequestsInflight",
  "defaultNotReadyTolerationSeconds",
  "defaultUnreachableTolerationSeconds",
  "enableAdmissionPlugins",
  "disableAdmissionPlugins",
] as const satisfies readonly (keyof SettingsFlags)[];

/** What is absent has the API server's own default. */
export interface ApiServerSettings {
  readonly nodePorts?: PortRange;
  readonly eventTtlSeconds?: number;
  readonly compactionIntervalMs?: number;
  readonly requestTimeoutMs?: number;
  readonly inFlight?: InFlightLimits;
  readonly tolerationSeconds?: { readonly notReady?: number; readonly unreachable?: number };
  readonly disabledPlugins?: readonly string[];
}

/** Throws, naming the flag, for what cannot be used. */
export function apiServerSettings(flags: SettingsFlags): ApiServerSettings {
  const { eventTtl, etcdCompactionInterval, requestTimeout, maxRequestsInflight, maxMutatingRequestsInflight } = flags;
  const { defaultNotReadyTolerationSeconds: notReady, defaultUnreachableTolerationSeconds: unreachable } = flags;
  return {
    ...(flags.serviceNodePortRange === undefined ? {} : { nodePorts: portRange(flags.serviceNodePortRange) }),
    ...(eventTtl === undefined ? {} : { eventTtlSeconds: positive(eventTtl, "--event-ttl") }),
    // 0: never.
    ...(etcdCompactionInterval === undefined ? {} : { compactionIntervalMs: etcdCompactionInterval * 1000 }),
    ...(requestTimeout === undefined ? {} : { requestTimeoutMs: positive(requestTimeout, "--request-timeout") * 1000 }),
    ...(maxRequestsInflight === undefined && maxMutatingRequestsInflight === undefined
      ? {}
      : { inFlight: inFlight(maxRequestsInflight ?? defaultLimits.reading, maxMutatingRequestsInflight ?? defaultLimits.mutating) }),
    ...(notReady === undefined && unreachable === undefined
      ? {}
      : { tolerationSeconds: { ...(notReady === undefined ? {} : { notReady }), ...(unreachable === undefined ? {} : { unreachable }) } }),
    disabledPlugins: disabledPlugins(flags.enableAdmissionPlugins ?? [], flags.disableAdmissionPlugins ?? []),
  };
}

function positive(value: number, flag: string): number {
  if (!(value > 0)) throw new Error(`cannot use ${value} for ${flag}: it must be more than 0`);
  return value;
}

function inFlight(reading: number, mutating: number): InFlightLimits {
  if (reading + mutating > 0) return { reading, mutating };
  throw new Error("cannot use --max-requests-inflight 0 with --max-mutating-requests-inflight 0: no request would ever be served");
}

function portRange(text: string): PortRange {
  const match = /^(\d{1,5})(?:([-+])(\d{1,5}))?$/.exec(text);
  const from = Number(match?.[1]);
  const second = Number(match?.[3] ?? from);
  const to = match?.[2] === "+" ? from + second : second;
  if (match !== null && from > 0 && from <= to && to <= 65_535) return { from, to };
  throw new Error(`cannot use ${JSON.stringify(text)} for --service-node-port-range: it must be two ports, such as 30000-32767`);
}

/** Plugins of kube-apiserver v1.36 that are on unless they are disabled. */
const onByDefault = new Set([
  "CertificateApproval",
  "CertificateSigning",
  "CertificateSubjectRestriction",
  "DefaultIngressClass",
  "DefaultStorageClass",
  "DefaultTolerationSeconds",
  "LimitRanger",
  "NamespaceLifecycle",
  "NodeRestriction",
  "PersistentVolumeClaimResize",
  "PodSecurity",
  "Priority",
  "ResourceQuota",
  "RuntimeClass",
  "ServiceAccount",
  "StorageObjectInUseProtection",
  "TaintNodesByCondition",
]);
/** Known to kube-apiserver, but not there: to enable them would be to no effect. */
const notThere = new Set([
  "AlwaysAdmit",
  "AlwaysDeny",
  "AlwaysPullImages",
  "ClusterTrustBundleAttest",
  "DenyServiceExternalIPs",
  "EventRateLimit",
  "ExtendedResourceToleration",
  "ImagePolicyWebhook",
  "LimitPodHardAntiAffinityTopology",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionWebhook",
  "NamespaceAutoProvision",
  "NamespaceExists",
  "OwnerReferencesPermissionEnforcement",
  "PodNodeSelector",
  "PodTolerationRestriction",
  "PodTopologyLabels",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionWebhook",
]);

function disabledPlugins(enabled: readonly string[], disabled: readonly string[]): readonly string[] {
  const refuse = (flag: string, plugin: string, reason: string) => new Error(`cannot use --${flag}-admission-plugins ${plugin}: ${reason}`);
  for (const [flag, plugins] of [["enable", enabled] as const, ["disable", disabled] as const]) {
    for (const plugin of plugins) if (!onByDefault.has(plugin) && !notThere.has(plugin)) throw refuse(flag, plugin, "there is no such plugin");
  }
  for (const plugin of enabled) {
    if (disabled.includes(plugin)) throw refuse("enable", plugin, "it is disabled too");
    if (notThere.has(plugin)) throw refuse("enable", plugin, "this API server does not have it");
  }
  return disabled;
}
