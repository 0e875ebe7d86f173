import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { ingressClassErrors, ingressClassUpdateErrors } from "./ingress.validation.ts";

export const ingressClassParametersReference = message("io.k8s.api.networking.v1.IngressClassParametersReference", "", {
  apiGroup: str(1, ""),
  kind: str(2, "", { required: true }),
  name: str(3, "", { required: true }),
  scope: str(4, "", { default: "Cluster", enum: ["Cluster", "Namespace"] }),
  namespace: str(5, ""),
});
export interface IngressClassParametersReference extends Infer<typeof ingressClassParametersReference> {}

export const ingressClassSpec = message("io.k8s.api.networking.v1.IngressClassSpec", "", {
  controller: str(1, ""),
  parameters: obj(2, ingressClassParametersReference, ""),
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
