import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { resourceClaimSpec } from "./common.ts";
import { defaultDeviceClaim } from "./defaults.ts";
import { newResourceClaimTemplateErrors, resourceClaimTemplateUpdateErrors } from "./validation.ts";

export const resourceClaimTemplateSpec = message(
  "io.k8s.api.resource.v1.ResourceClaimTemplateSpec",
  "ResourceClaimTemplateSpec is what claims are made from.",
  {
    metadata: obj(1, objectMeta, "Labels and annotations for the claims."),
    spec: obj(2, resourceClaimSpec, "Spec of the claims.", { required: true, default: {} }),
  },
);
export interface ResourceClaimTemplateSpec extends Infer<typeof resourceClaimTemplateSpec> {}

export const resourceClaimTemplate = message(
  "io.k8s.api.resource.v1.ResourceClaimTemplate",
  "A ResourceClaimTemplate makes one claim for each pod that names it.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, resourceClaimTemplateSpec, "What the claims are made from; it cannot change.", { required: true, present: true, default: {} }),
  },
);
export interface ResourceClaimTemplate extends Infer<typeof resourceClaimTemplate> {}

export const resourceClaimTemplates = defineResource<ResourceClaimTemplate>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  resource: "resourceclaimtemplates",
  singular: "resourceclaimtemplate",
  namespaced: true,
  schema: resourceClaimTemplate,
  strategy: {
    validateCreate: newResourceClaimTemplateErrors,
    validateUpdate: resourceClaimTemplateUpdateErrors,
    returnsDeletedObject: true,
    defaults: ({ spec }) => defaultDeviceClaim(spec.spec?.devices),
  },
});
