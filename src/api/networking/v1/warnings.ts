/** Warnings about ingresses and network policies (pkg/registry/networking). */
import { cidrWarnings } from "../../ip.warnings.ts";
import type { Ingress } from "./ingress.ts";
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer } from "./network-policy.ts";

const classAnnotation = "kubernetes.io/ingress.class";

export function ingressWarnings({ metadata, spec }: Ingress, old: Ingress | undefined): string[] {
  if (old !== undefined || metadata.annotations?.[classAnnotation] === undefined || spec.ingressClassName !== undefined) return [];
  return [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`];
}

export function networkPolicyWarnings({ spec }: NetworkPolicy): string[] {
  return [
    ...(spec.ingress ?? []).flatMap(({ from }, index) => peerWarnings(`spec.ingress[${index}].from`, from)),
    ...(spec.egress ?? []).flatMap(({ to }, index) => peerWarnings(`spec.egress[${index}].to`, to)),
  ];
}

function peerWarnings(path: string, peers: readonly NetworkPolicyPeer[] | undefined): string[] {
  return (peers ?? []).flatMap(({ ipBlock }, index) => (ipBlock === undefined ? [] : blockWarnings(`${path}[${index}].ipBlock`, ipBlock)));
}

function blockWarnings(path: string, { cidr, except = [] }: IPBlock): string[] {
  return [...cidrWarnings(`${path}.cidr`, cidr), ...except.flatMap((range, index) => cidrWarnings(`${path}.except[${index}]`, range))];
}
