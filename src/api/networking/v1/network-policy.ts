import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, intOrString, list, message, obj, str } from "../../../machinery/schema.ts";
import { formatSelector, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { exactGeneration } from "../../strategy.ts";
import { networkPolicyUpdateErrors, newNetworkPolicyErrors } from "./network.validation.ts";
import { defaultNetworkPolicy } from "./network-policy.defaults.ts";
import { networkPolicyWarnings } from "./warnings.ts";

export const ipBlock = message("io.k8s.api.networking.v1.IPBlock", "IPBlock is a range of addresses, with exceptions.", {
  cidr: str(1, "The range, such as 192.168.1.0/24.", { required: true }),
  except: list(2, "string", "Ranges within it that are left out.", { listType: "atomic" }),
});
export interface IPBlock extends Infer<typeof ipBlock> {}

export const networkPolicyPeer = message("io.k8s.api.networking.v1.NetworkPolicyPeer", "NetworkPolicyPeer is somebody to talk to.", {
  podSelector: obj(1, labelSelector, "Labels of pods, in the namespaces selected or else the policy's own."),
  namespaceSelector: obj(2, labelSelector, "Labels of namespaces, all pods of which match unless podSelector says otherwise."),
  ipBlock: obj(3, ipBlock, "Addresses; excludes the selectors."),
});
export interface NetworkPolicyPeer extends Infer<typeof networkPolicyPeer> {}

export const networkPolicyPort = message("io.k8s.api.networking.v1.NetworkPolicyPort", "NetworkPolicyPort is a port, or a range of them.", {
  protocol: str(1, "TCP, UDP or SCTP.", { default: "TCP", enum: ["TCP", "UDP", "SCTP"], enumCheck: "strict" }),
  port: intOrString(2, "Number or name of the port; all if not set."),
  endPort: int32(3, "Last port of a range that starts with port."),
});
export interface NetworkPolicyPort extends Infer<typeof networkPolicyPort> {}

export const networkPolicyEgressRule = message("io.k8s.api.networking.v1.NetworkPolicyEgressRule", "NetworkPolicyEgressRule is traffic that pods may send.", {
  ports: list(1, networkPolicyPort, "Ports it may go to; all if empty.", { listType: "atomic" }),
  to: list(2, networkPolicyPeer, "Whom it may go to; anyone if empty.", { listType: "atomic" }),
});
export interface NetworkPolicyEgressRule extends Infer<typeof networkPolicyEgressRule> {}

export const networkPolicyIngressRule = message(
  "io.k8s.api.networking.v1.NetworkPolicyIngressRule",
  "NetworkPolicyIngressRule is traffic that pods may receive.",
  {
    ports: list(1, networkPolicyPort, "Ports it may come to; all if empty.", { listType: "atomic" }),
    from: list(2, networkPolicyPeer, "Whom it may come from; anyone if empty.", { listType: "atomic" }),
  },
);
export interface NetworkPolicyIngressRule extends Infer<typeof networkPolicyIngressRule> {}

export const networkPolicySpec = message(
  "io.k8s.api.networking.v1.NetworkPolicySpec",
  "NetworkPolicySpec says which pods a policy is about, and what they may do.",
  {
    podSelector: obj(1, labelSelector, "Labels of the pods; all of the namespace if empty.", { default: {} }),
    ingress: list(2, networkPolicyIngressRule, "What the pods may receive; nothing if empty.", { listType: "atomic" }),
    egress: list(3, networkPolicyEgressRule, "What the pods may send; nothing if empty.", { listType: "atomic" }),
    policyTypes: list(4, "string", "Ingress, Egress or both: directions that the policy limits.", {
      listType: "atomic",
      enum: ["Egress", "Ingress"],
      enumCheck: "own",
    }),
  },
);
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
    ...exactGeneration<NetworkPolicy>("spec"),
  },
  columns: [text("Pod-Selector", "Pods that the policy applies to.", (object) => formatSelector(object.spec.podSelector))],
});
