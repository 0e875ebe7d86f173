import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { formatLabels, nameColumn, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { podTemplateWarnings } from "./pod.warnings.ts";
import { defaultPodSpec } from "./pod-spec.defaults.ts";
import { podTemplateSpec } from "./pod-spec.ts";
import { withStrictTemplate } from "./validation/late-rules.ts";
import { podTemplateErrors } from "./validation/pod-spec.ts";

export const podTemplate = message("io.k8s.api.core.v1.PodTemplate", "A PodTemplate describes pods for later use.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  template: obj(2, podTemplateSpec, "The pods.", { default: { spec: {} } }),
});
export interface PodTemplate extends Infer<typeof podTemplate> {}

export const podTemplates = defineResource<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  resource: "podtemplates",
  singular: "podtemplate",
  namespaced: true,
  schema: podTemplate,
  strategy: withStrictTemplate(
    {
      warnings: (object, old) => (object.metadata.generation === old?.metadata.generation ? [] : podTemplateWarnings("template", object.template)),
      validate: ({ template }) => podTemplateErrors("template", template),
      returnsDeletedObject: true,
      ...specGeneration<PodTemplate>((object) => object.template),
      defaults: ({ template }) => defaultPodSpec(template?.spec),
    },
    "template",
    (object) => object.template,
  ),
  ownColumns: true,
  columns: [
    nameColumn,
    text("Containers", "Names of the containers in the template.", (object) => (object.template?.spec?.containers ?? []).map(({ name }) => name).join(",")),
    text("Images", "Images of the containers in the template.", (object) =>
      (object.template?.spec?.containers ?? []).map(({ image }) => image ?? "").join(","),
    ),
    text("Pod Labels", "Labels of the template.", (object) => formatLabels(object.template?.metadata?.labels)),
  ],
});
