/** kube-apiserver's flags about sizes, times and plugins: what they make of the API server. */
import { allDefinitions } from "../api/index.ts";
import type { PortRange } from "../apiserver/allocation/port-repair-plan.ts";
import { defaultLimits, type InFlightLimits } from "../apiserver/http/in-flight.ts";
import { regexProblem } from "../machinery/cel/regex/match.ts";
import { type Features, features } from "./feature-gates.ts";
import { type ServedChoice, servedChoice } from "./runtime-config.ts";

export interface SettingsFlags {
  /** `30000-32767`, or `30000+100` for the hundred after the first. */
  readonly serviceNodePortRange?: string;
  /** Seconds. */
  readonly eventTtl?: number;
  readonly etcdCompactionInterval?: number;
  readonly requestTimeout?: number;
  readonly maxRequestsInflight?: number;
  readonly maxMutatingRequestsInflight?: number;
  readonly enablePriorityAndFairness?: boolean;
  /** Seconds. */
  readonly minRequestTimeout?: number;
  /** 0 to 0.02. */
  readonly goawayChance?: number;
  /** Regular expressions. */
  readonly corsAllowedOrigins?: readonly string[];
  readonly strictTransportSecurityDirectives?: readonly string[];
  readonly profiling?: boolean;
  /** Seconds. */
  readonly shutdownDelayDuration?: number;
  /** `KEY=VALUE`. */
  readonly runtimeConfig?: readonly string[];
  /** `GATE=true|false`. */
  readonly featureGates?: readonly string[];
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
  "enablePriorityAndFairness",
  "minRequestTimeout",
  "goawayChance",
  "corsAllowedOrigins",
  "strictTransportSecurityDirectives",
  "profiling",
  "shutdownDelayDuration",
  "runtimeConfig",
  "featureGates",
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
  readonly priorityAndFairness?: boolean;
  readonly isOffered?: ServedChoice;
  readonly minRequestTimeoutSeconds?: number;
  readonly goawayChance?: number;
  readonly corsAllowedOrigins?: readonly string[];
  readonly strictTransportSecurity?: string;
  readonly profiling?: boolean;
  readonly shutdownDelayMs?: number;
  readonly features?: Features;
  readonly tolerationSeconds?: { readonly notReady?: number; readonly unreachable?: number };
  readonly disabledPlugins?: readonly string[];
}

/** Throws, naming the flag, for what cannot be used. */
export function apiServerSettings(flags: SettingsFlags): ApiServerSettings {
  const { eventTtl, etcdCompactionInterval, requestTimeout, maxRequestsInflight, maxMutatingRequestsInflight, featureGates } = flags;
  const { defaultNotReadyTolerationSeconds: notReady, defaultUnreachableTolerationSeconds: unreachable } = flags;
  return {
    ...(flags.serviceNodePortRange === undefined ? {} : { nodePorts: portRange(flags.serviceNodePortRange) }),
    ...(eventTtl === undefined ? {} : { eventTtlSeconds: positive(eventTtl, "--event-ttl") }),
    // 0: never.
    ...(etcdCompactionInterval === undefined ? {} : { compactionIntervalMs: etcdCompactionInterval * 1000 }),
    ...(requestTimeout === undefined ? {} : { requestTimeoutMs: positive(requestTimeout, "--request-timeout") * 1000 }),
    ...(maxRequestsInflight === undefined && maxMutatingRequestsInflight === undefined
      ? {}
      : { inFlight: inFlight(maxRequestsInflight ?? defaultLimits.reading, maxMutatingRequestsInflight ?? defaultLimits.mutating, flags) }),
    ...servingSettings(flags),
    ...(featureGates === undefined ? {} : { features: features(featureGates) }),
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

/** Those of how requests are answered. */
function servingSettings(flags: SettingsFlags): ApiServerSettings {
  const { enablePriorityAndFairness, minRequestTimeout, goawayChance, corsAllowedOrigins, profiling, shutdownDelayDuration, runtimeConfig } = flags;
  const directives = flags.strictTransportSecurityDirectives ?? [];
  for (const directive of directives) checkDirective(directive);
  return {
    ...(enablePriorityAndFairness === undefined ? {} : { priorityAndFairness: enablePriorityAndFairness }),
    ...(runtimeConfig === undefined ? {} : { isOffered: servedChoice(runtimeConfig, allDefinitions) }),
    ...(minRequestTimeout === undefined ? {} : { minRequestTimeoutSeconds: minRequestTimeout }),
    ...(goawayChance === undefined ? {} : { goawayChance: checkedChance(goawayChance) }),
    ...(corsAllowedOrigins === undefined ? {} : { corsAllowedOrigins: corsAllowedOrigins.map(checkedOrigin) }),
    ...(directives.length === 0 ? {} : { strictTransportSecurity: directives.join("; ") }),
    ...(profiling === undefined ? {} : { profiling }),
    ...(shutdownDelayDuration === undefined ? {} : { shutdownDelayMs: shutdownDelayDuration * 1000 }),
  };
}

function checkedChance(chance: number): number {
  if (chance >= 0 && chance <= 0.02) return chance;
  throw new Error(`cannot use ${chance} for --goaway-chance: it can not be less than 0 or greater than 0.02`);
}

/** An expression that does not say where the host begins and ends would let in hosts whose names only contain it (CVE-2022-1996). */
function checkedOrigin(origin: string): string {
  const pinned = /\^|\/\//.test(origin) && /[$:]/.test(origin);
  const problem = regexProblem(origin) ?? (pinned ? undefined : "regular expression does not pin to start/end of host in the origin header");
  if (problem === undefined) return origin;
  throw new Error(`cannot use --cors-allowed-origins ${origin}: ${problem}; //example\\.com(:|$) would do`);
}

/** RFC 6797, section 6.1. */
function checkDirective(directive: string): void {
  if (directive === "includeSubDomains" || directive === "preload" || /^max-age=[^=]*$/.test(directive)) return;
  throw new Error(`cannot use --strict-transport-security-directives ${directive}: allowed values are max-age=SECONDS, includeSubDomains and preload`);
}

/** 0 is no limit where each stands for itself, but there have to be seats to share out. */
function inFlight(reading: number, mutating: number, { enablePriorityAndFairness = true }: SettingsFlags): InFlightLimits {
  if (reading + mutating > 0 || !enablePriorityAndFairness) return { reading, mutating };
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
  "NodeDeclaredFeatureValidator",
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
