import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, intOrString, list, message, obj, str } from "../../../machinery/schema.ts";
import { formatSelector, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { networkPolicyUpdateErrors, newNetworkPolicyErrors } from "./network.validation.ts";
import { defaultNetworkPolicy } from "./network-policy.defaults.ts";
import { networkPolicyWarnings } from "./warnings.ts";

export const ipBlock = message("io.k8s.api.networking.v1.IPBlock", "", {
  cidr: str(1, "", { required: true }),
  except: list(2, "string", "", { listType: "atomic" }),
});
export interface IPBlock extends Infer<typeof ipBlock> {}

export const networkPolicyPeer = message("io.k8s.api.networking.v1.NetworkPolicyPeer", "", {
  podSelector: obj(1, labelSelector, ""),
  namespaceSelector: obj(2, labelSelector, ""),
  ipBlock: obj(3, ipBlock, ""),
});
export interface NetworkPolicyPeer extends Infer<typeof networkPolicyPeer> {}

export const networkPolicyPort = message("io.k8s.api.networking.v1.NetworkPolicyPort", "", {
  protocol: str(1, "", { default: "TCP", enum: ["TCP", "UDP", "SCTP"] }),
  port: intOrString(2, ""),
  endPort: int32(3, ""),
});
export interface NetworkPolicyPort extends Infer<typeof networkPolicyPort> {}

export const networkPolicyEgressRule = message("io.k8s.api.networking.v1.NetworkPolicyEgressRule", "", {
  ports: list(1, networkPolicyPort, "", { listType: "atomic" }),
  to: list(2, networkPolicyPeer, "", { listType: "atomic" }),
});
export interface NetworkPolicyEgressRule extends Infer<typeof networkPolicyEgressRule> {}

export const networkPolicyIngressRule = message("io.k8s.api.networking.v1.NetworkPolicyIngressRule", "", {
  ports: list(1, networkPolicyPort, "", { listType: "atomic" }),
  from: list(2, networkPolicyPeer, "", { listType: "atomic" }),
});
export interface NetworkPolicyIngressRule extends Infer<typeof networkPolicyIngressRule> {}

export const networkPolicySpec = message("io.k8s.api.networking.v1.NetworkPolicySpec", "", {
  podSelector: obj(1, labelSelector, "", { default: {} }),
  ingress: list(2, networkPolicyIngressRule, "", { listType: "atomic" }),
  egress: list(3, networkPolicyEgressRule, "", { listType: "atomic" }),
  policyTypes: list(4, "string", "", { listType: "atomic" }),
});
export interface NetworkPolicySpec extends Infer<typeof networkPolicySpec> {}

export const networkPolicy = message("io.k8s.api.networking.v1.NetworkPolicy", "A NetworkPolicy says who may talk to which pods.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, networkPolicySpec, "The rules.", { present: true, default: {} }),
});
export interface NetworkPolicy extends Infer<typeof networkPolicy> {}

export const networkPolicies = defineResource<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  resource: "networkpolicies",
  singular: "networkpolicy",
  shortNames: ["netpol"],
  namespaced: true,
  schema: networkPolicy,
  strategy: {
    warnings: networkPolicyWarnings,
    validateCreate: newNetworkPolicyErrors,
    validateUpdate: networkPolicyUpdateErrors,
    defaults: defaultNetworkPolicy,
    ...specGeneration<NetworkPolicy>(),
  },
  columns: [text("Pod-Selector", "Pods that the policy applies to.", (object) => formatSelector(object.spec.podSelector))],
});
