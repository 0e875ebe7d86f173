import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { userInfo } from "./common.ts";

export const tokenReviewSpec = message("io.k8s.api.authentication.v1.TokenReviewSpec", "TokenReviewSpec is the question.", {
  token: str(1, "The token, a secret.", { required: true }),
  audiences: list(2, "string", "Who wants to accept it; the API server if empty.", { listType: "atomic" }),
});
export interface TokenReviewSpec extends Infer<typeof tokenReviewSpec> {}

export const tokenReviewStatus = message("io.k8s.api.authentication.v1.TokenReviewStatus", "TokenReviewStatus is the answer.", {
  authenticated: bool(1, "Whether the token is good."),
  user: obj(2, userInfo, "Whose it is."),
  error: str(3, "Why it could not be checked."),
  audiences: list(4, "string", "Those asked about for whom it is good.", { listType: "atomic" }),
});
export interface TokenReviewStatus extends Infer<typeof tokenReviewStatus> {}

export const tokenReview = message("io.k8s.api.authentication.v1.TokenReview", "A TokenReview asks whose a token is.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, tokenReviewSpec, "The token.", { required: true, present: true, default: {} }),
  status: obj(3, tokenReviewStatus, "The verdict."),
});
export interface TokenReview extends Infer<typeof tokenReview> {}

export const tokenReviews = defineResource<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  resource: "tokenreviews",
  singular: "tokenreview",
  namespaced: false,
  verbs: ["create"],
  schema: tokenReview,
  strategy: {},
  virtual: true,
});
