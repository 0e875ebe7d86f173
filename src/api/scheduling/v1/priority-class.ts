import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, message, obj, str } from "../../../machinery/schema.ts";

export const priorityClass = message("io.k8s.api.scheduling.v1.PriorityClass", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  value: int32(2, ""),
  globalDefault: bool(3, ""),
  description: str(4, ""),
  preemptionPolicy: str(5, ""),
});
export interface PriorityClass extends Infer<typeof priorityClass> {}
