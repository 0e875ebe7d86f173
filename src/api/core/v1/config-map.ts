import { type Infer, bool, map, message, obj, str } from "../../../machinery/schema.ts";
import { objectMeta } from "../../../machinery/meta.ts";

export const configMap = message("io.k8s.api.core.v1.ConfigMap", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  data: map(2, "string", ""),
  binaryData: map(3, "bytes", ""),
  immutable: bool(4, ""),
});
export interface ConfigMap extends Infer<typeof configMap> {}
