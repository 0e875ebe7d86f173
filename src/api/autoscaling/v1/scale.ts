import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, message, obj, str } from "../../../machinery/schema.ts";

export const scaleSpec = message("io.k8s.api.autoscaling.v1.ScaleSpec", "How many pods there should be.", {
  replicas: int32(1, "The number."),
});
export interface ScaleSpec extends Infer<typeof scaleSpec> {}

export const scaleStatus = message("io.k8s.api.autoscaling.v1.ScaleStatus", "How many pods there are.", {
  replicas: int32(1, "The number.", { required: true }),
  selector: str(2, "Labels of the pods, as text."),
});
export interface ScaleStatus extends Infer<typeof scaleStatus> {}

export const scale = message("io.k8s.api.autoscaling.v1.Scale", "Scale is the part of an object that says how many replicas it has.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, scaleSpec, "How many are wanted.", { present: true, default: {} }),
  status: obj(3, scaleStatus, "How many there are."),
});
export interface Scale extends Infer<typeof scale> {}
