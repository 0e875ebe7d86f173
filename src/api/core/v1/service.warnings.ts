/** Warnings about services (pkg/api/service/warnings.go). */
import { cidrWarnings, ipWarnings } from "../../ip.warnings.ts";
import type { Service } from "./service.ts";

const hintsAnnotation = "service.kubernetes.io/topology-aware-hints";

export function serviceWarnings({ metadata, spec }: Service): string[] {
  const { type, clusterIP, clusterIPs = [], externalIPs = [], loadBalancerIP = "", loadBalancerSourceRanges = [] } = spec;
  const isExternalName = type === "ExternalName";
  const isHeadless = type === "ClusterIP" && clusterIP === "None";
  return [
    ...(metadata.annotations?.[hintsAnnotation] === undefined
      ? []
      : [`annotation ${hintsAnnotation} is deprecated, please use service.kubernetes.io/topology-mode instead`]),
    ...(clusterIP === "None" || isExternalName ? [] : clusterIPs.flatMap((ip, index) => ipWarnings(`spec.clusterIPs[${index}]`, ip))),
    ...(isHeadless ? headlessWarnings(spec) : []),
    ...externalIPs.flatMap((ip, index) => ipWarnings(`spec.externalIPs[${index}]`, ip)),
    ...(externalIPs.length > 0 && !isHeadless && !isExternalName ? ["spec.externalIPs is deprecated and may no longer be implemented in some clusters"] : []),
    ...ipWarnings("spec.loadBalancerIP", loadBalancerIP),
    ...loadBalancerSourceRanges.flatMap((cidr, index) => cidrWarnings(`spec.loadBalancerSourceRanges[${index}]`, cidr)),
    ...(isExternalName && externalIPs.length > 0 ? ['spec.externalIPs is ignored when spec.type is "ExternalName"'] : []),
    ...(!isExternalName && spec.externalName ? ['spec.externalName is ignored when spec.type is not "ExternalName"'] : []),
    ...(spec.trafficDistribution === "PreferClose" ? ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'] : []),
  ];
}

function headlessWarnings({ loadBalancerIP, externalIPs = [], sessionAffinity }: Service["spec"]): string[] {
  return [
    ...(loadBalancerIP ? ["spec.loadBalancerIP is ignored for headless services"] : []),
    ...(externalIPs.length > 0 ? ["spec.externalIPs is ignored for headless services"] : []),
    ...(sessionAffinity === "None" ? [] : ["spec.SessionAffinity is ignored for headless services"]),
  ];
}
