import { deleteOptions, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";

export const eviction = message("io.k8s.api.policy.v1.Eviction", "An Eviction asks a pod to leave its node, budgets permitting.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  deleteOptions: obj(2, deleteOptions, "How the pod is deleted."),
});
export interface Eviction extends Infer<typeof eviction> {}
