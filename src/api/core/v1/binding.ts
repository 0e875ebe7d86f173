import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { objectReference } from "./common.ts";

export const binding = message("io.k8s.api.core.v1.Binding", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  target: obj(2, objectReference, "", { required: true }),
});
export interface Binding extends Infer<typeof binding> {}
