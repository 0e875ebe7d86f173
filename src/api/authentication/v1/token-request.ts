import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int64, list, message, obj, str, time } from "../../../machinery/schema.ts";

export const boundObjectReference = message(
  "io.k8s.api.authentication.v1.BoundObjectReference",
  "BoundObjectReference names the object that a token lives and dies with.",
  {
    kind: str(1, "Pod, Secret or Node."),
    apiVersion: str(2, "Version of the kind."),
    name: str(3, "Name of the object."),
    uid: str(4, "Identity of the object."),
  },
);
export interface BoundObjectReference extends Infer<typeof boundObjectReference> {}

export const tokenRequestSpec = message("io.k8s.api.authentication.v1.TokenRequestSpec", "TokenRequestSpec says what token is wanted.", {
  audiences: list(1, "string", "Who may accept the token; the API server if empty.", { listType: "atomic" }),
  boundObjectRef: obj(3, boundObjectReference, "Object without which the token is void."),
  expirationSeconds: int64(4, "How long it should be valid, in seconds.", { default: 3600 }),
});
export interface TokenRequestSpec extends Infer<typeof tokenRequestSpec> {}

export const tokenRequestStatus = message("io.k8s.api.authentication.v1.TokenRequestStatus", "TokenRequestStatus is the answer to a request for a token.", {
  token: str(1, "The token, a secret."),
  expirationTimestamp: time(2, "When it expires."),
});
export interface TokenRequestStatus extends Infer<typeof tokenRequestStatus> {}

export const tokenRequest = message("io.k8s.api.authentication.v1.TokenRequest", "A TokenRequest asks for a token of a service account.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, tokenRequestSpec, "What token is wanted.", { present: true, default: {} }),
  status: obj(3, tokenRequestStatus, "The token."),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}
