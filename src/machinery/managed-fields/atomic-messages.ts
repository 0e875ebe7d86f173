/**
 * Structs that have one owner as a whole (structType=atomic in Kubernetes): references, selectors and keys, whose
 * parts mean nothing apart. By the last part of the definition's name; OpenAPI carries the same as
 * x-kubernetes-map-type on the definition.
 */
import type { MessageSchema } from "../schema.ts";

const atomicDefinitions: ReadonlySet<string> = new Set([
  "admissionregistration.v1.NamedRuleWithOperations",
  "admissionregistration.v1.ParamKind",
  "admissionregistration.v1.ParamRef",
  "autoscaling.v1.CrossVersionObjectReference",
  "autoscaling.v2.CrossVersionObjectReference",
  "core.v1.ConfigMapKeySelector",
  "core.v1.EndpointAddress",
  "core.v1.EndpointPort",
  "core.v1.FileKeySelector",
  "core.v1.LocalObjectReference",
  "core.v1.NodeSelector",
  "core.v1.NodeSelectorTerm",
  "core.v1.ObjectFieldSelector",
  "core.v1.ObjectReference",
  "core.v1.ResourceFieldSelector",
  "core.v1.ScopeSelector",
  "core.v1.ScopedResourceSelectorRequirement",
  "core.v1.SecretKeySelector",
  "core.v1.SecretReference",
  "core.v1.TopologySelectorTerm",
  "core.v1.TypedLocalObjectReference",
  "discovery.v1.EndpointPort",
  "meta.v1.LabelSelector",
  "meta.v1.OwnerReference",
  "networking.v1.ServiceBackendPort",
  "rbac.v1.RoleRef",
  "rbac.v1.Subject",
]);

export function isAtomicMessage(message: MessageSchema): boolean {
  return message.mapType === "atomic" || atomicDefinitions.has(message.name.split(".").slice(-3).join("."));
}
