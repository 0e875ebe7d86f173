import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { ingressClassErrors, ingressClassUpdateErrors } from "./ingress.validation.ts";

export const ingressClassParametersReference = message(
  "io.k8s.api.networking.v1.IngressClassParametersReference",
  "IngressClassParametersReference names the object that configures a class.",
  {
    apiGroup: str(1, "Group of the object; the core group if empty."),
    kind: str(2, "Kind of the object.", { required: true }),
    name: str(3, "Name of the object.", { required: true }),
    scope: str(4, "Cluster or Namespace: where the object lives.", { default: "Cluster", enum: ["Cluster", "Namespace"], enumCheck: "strict" }),
    namespace: str(5, "Namespace of the object, for the scope Namespace."),
  },
);
export interface IngressClassParametersReference extends Infer<typeof ingressClassParametersReference> {}

export const ingressClassSpec = message("io.k8s.api.networking.v1.IngressClassSpec", "IngressClassSpec says who serves a class.", {
  controller: str(1, "Name of the controller, as domain/path; it cannot change."),
  parameters: obj(2, ingressClassParametersReference, "Object that configures it."),
});
export interface IngressClassSpec extends Infer<typeof ingressClassSpec> {}

export const ingressClass = message("io.k8s.api.networking.v1.IngressClass", "An IngressClass names an implementation of ingresses.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, ingressClassSpec, "The implementation.", { present: true, default: {} }),
});
export interface IngressClass extends Infer<typeof ingressClass> {}

export const ingressClasses = defineResource<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  resource: "ingressclasses",
  singular: "ingressclass",
  namespaced: false,
  schema: ingressClass,
  strategy: { validate: ingressClassErrors, validateUpdate: ingressClassUpdateErrors, ...specGeneration<IngressClass>() },
  columns: [
    text("Controller", "Controller that serves the class.", (object) => object.spec.controller ?? ""),
    text("Parameters", "Object that configures the controller.", (object) => parametersText(object)),
  ],
});

function parametersText(object: IngressClass): string {
  const parameters = object.spec.parameters;
  if (parameters === undefined) return "<none>";
  const group = parameters.apiGroup === undefined ? "" : `.${parameters.apiGroup}`;
  return `${parameters.kind}${group}/${parameters.name}`;
}
