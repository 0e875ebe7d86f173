import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { podTemplateSpec } from "./pod-spec.ts";

export const podTemplate = message("io.k8s.api.core.v1.PodTemplate", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  template: obj(2, podTemplateSpec, ""),
});
export interface PodTemplate extends Infer<typeof podTemplate> {}
