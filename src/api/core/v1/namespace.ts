import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { statusSubresource } from "../../strategy.ts";
import { finalizeSubresource, namespaceStrategy } from "./namespace.strategy.ts";
import { namespaceStatusErrors } from "./namespace.validation.ts";

export const namespaceSpec = message("io.k8s.api.core.v1.NamespaceSpec", "NamespaceSpec says what must be done before the namespace goes.", {
  finalizers: list(1, "string", "What must be removed before the namespace can go.", { listType: "atomic" }),
});
export interface NamespaceSpec extends Infer<typeof namespaceSpec> {}

export const namespaceCondition = message("io.k8s.api.core.v1.NamespaceCondition", "One aspect of the state of a namespace.", {
  type: str(1, "Which condition it is.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  lastTransitionTime: time(4, "When the status last changed."),
  reason: str(5, "Why, in one word."),
  message: str(6, "The same for people."),
});
export interface NamespaceCondition extends Infer<typeof namespaceCondition> {}

export const namespaceStatus = message("io.k8s.api.core.v1.NamespaceStatus", "NamespaceStatus tells where a namespace is in its life.", {
  phase: str(1, "Active or Terminating."),
  conditions: list(2, namespaceCondition, "What is still in the way of deletion.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface NamespaceStatus extends Infer<typeof namespaceStatus> {}

export const namespace = message("io.k8s.api.core.v1.Namespace", "A Namespace is a scope for names.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, namespaceSpec, "What holds the namespace.", { present: true, default: {} }),
  status: obj(3, namespaceStatus, "Where the namespace is in its life."),
});
export interface Namespace extends Infer<typeof namespace> {}

export const namespaces = defineResource<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  resource: "namespaces",
  singular: "namespace",
  shortNames: ["ns"],
  namespaced: false,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  schema: namespace,
  strategy: namespaceStrategy,
  columns: [text("Status", "Phase of the namespace.", (object) => object.status?.phase ?? "")],
  selectableFields: { "status.phase": (object) => object.status?.phase ?? "" },
  status: statusSubresource<Namespace>({ validateUpdate: namespaceStatusErrors }),
  subresources: { finalize: finalizeSubresource },
});
