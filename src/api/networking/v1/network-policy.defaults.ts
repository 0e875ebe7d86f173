import type { NetworkPolicy } from "./network-policy.ts";

/** A policy without types is about ingress, and about egress if it has such rules. */
export function defaultNetworkPolicy({ spec }: NetworkPolicy): void {
  if ((spec.policyTypes ?? []).length > 0) return;
  spec.policyTypes = (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}
