import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";

export const componentCondition = message("io.k8s.api.core.v1.ComponentCondition", "", {
  type: str(1, "", { required: true }),
  status: str(2, "", { required: true }),
  message: str(3, ""),
  error: str(4, ""),
});
export interface ComponentCondition extends Infer<typeof componentCondition> {}

export const componentStatus = message("io.k8s.api.core.v1.ComponentStatus", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  conditions: list(2, componentCondition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface ComponentStatus extends Infer<typeof componentStatus> {}
