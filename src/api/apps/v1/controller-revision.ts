import { objectMeta } from "../../../machinery/meta.ts";
import { any, type Infer, int64, message, obj, str } from "../../../machinery/schema.ts";

export const controllerRevision = message("io.k8s.api.apps.v1.ControllerRevision", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  data: any(2, ""),
  revision: int64(3, "", { required: true }),
});
export interface ControllerRevision extends Infer<typeof controllerRevision> {}
