import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int64, list, message, obj, str, time } from "../../../machinery/schema.ts";

export const boundObjectReference = message("io.k8s.api.authentication.v1.BoundObjectReference", "", {
  kind: str(1, ""),
  apiVersion: str(2, ""),
  name: str(3, ""),
  uid: str(4, ""),
});
export interface BoundObjectReference extends Infer<typeof boundObjectReference> {}

export const tokenRequestSpec = message("io.k8s.api.authentication.v1.TokenRequestSpec", "", {
  audiences: list(1, "string", "", { listType: "atomic" }),
  boundObjectRef: obj(3, boundObjectReference, ""),
  expirationSeconds: int64(4, "", { default: 3600 }),
});
export interface TokenRequestSpec extends Infer<typeof tokenRequestSpec> {}

export const tokenRequestStatus = message("io.k8s.api.authentication.v1.TokenRequestStatus", "", {
  token: str(1, ""),
  expirationTimestamp: time(2, ""),
});
export interface TokenRequestStatus extends Infer<typeof tokenRequestStatus> {}

export const tokenRequest = message("io.k8s.api.authentication.v1.TokenRequest", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, tokenRequestSpec, "", { present: true, default: {} }),
  status: obj(3, tokenRequestStatus, ""),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}
