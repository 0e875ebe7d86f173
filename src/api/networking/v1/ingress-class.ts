import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";

export const ingressClassParametersReference = message("io.k8s.api.networking.v1.IngressClassParametersReference", "", {
  apiGroup: str(1, ""),
  kind: str(2, "", { required: true }),
  name: str(3, "", { required: true }),
  scope: str(4, ""),
  namespace: str(5, ""),
});
export interface IngressClassParametersReference extends Infer<typeof ingressClassParametersReference> {}

export const ingressClassSpec = message("io.k8s.api.networking.v1.IngressClassSpec", "", {
  controller: str(1, ""),
  parameters: obj(2, ingressClassParametersReference, ""),
});
export interface IngressClassSpec extends Infer<typeof ingressClassSpec> {}

export const ingressClass = message("io.k8s.api.networking.v1.IngressClass", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, ingressClassSpec, "", { present: true }),
});
export interface IngressClass extends Infer<typeof ingressClass> {}
