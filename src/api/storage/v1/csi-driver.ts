import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int64, list, message, obj, str } from "../../../machinery/schema.ts";

export const tokenRequest = message("io.k8s.api.storage.v1.TokenRequest", "", {
  audience: str(1, "", { required: true }),
  expirationSeconds: int64(2, ""),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}

export const csiDriverSpec = message("io.k8s.api.storage.v1.CSIDriverSpec", "", {
  attachRequired: bool(1, ""),
  podInfoOnMount: bool(2, ""),
  volumeLifecycleModes: list(3, "string", "", { listType: "set" }),
  storageCapacity: bool(4, ""),
  fsGroupPolicy: str(5, ""),
  tokenRequests: list(6, tokenRequest, "", { listType: "atomic" }),
  requiresRepublish: bool(7, ""),
  seLinuxMount: bool(8, ""),
  nodeAllocatableUpdatePeriodSeconds: int64(9, ""),
  serviceAccountTokenInSecrets: bool(10, ""),
  preventPodSchedulingIfMissing: bool(11, ""),
});
export interface CSIDriverSpec extends Infer<typeof csiDriverSpec> {}

export const csiDriver = message("io.k8s.api.storage.v1.CSIDriver", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, csiDriverSpec, "", { required: true, present: true }),
});
export interface CSIDriver extends Infer<typeof csiDriver> {}
