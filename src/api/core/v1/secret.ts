import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, map, message, obj, str } from "../../../machinery/schema.ts";

export const secret = message("io.k8s.api.core.v1.Secret", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  data: map(2, "bytes", ""),
  type: str(3, ""),
  stringData: map(4, "string", ""),
  immutable: bool(5, ""),
});
export interface Secret extends Infer<typeof secret> {}
