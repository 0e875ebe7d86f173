import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { userInfo } from "./common.ts";

export const tokenReviewSpec = message("io.k8s.api.authentication.v1.TokenReviewSpec", "", {
  token: str(1, "", { required: true }),
  audiences: list(2, "string", "", { listType: "atomic" }),
});
export interface TokenReviewSpec extends Infer<typeof tokenReviewSpec> {}

export const tokenReviewStatus = message("io.k8s.api.authentication.v1.TokenReviewStatus", "", {
  authenticated: bool(1, ""),
  user: obj(2, userInfo, ""),
  error: str(3, ""),
  audiences: list(4, "string", "", { listType: "atomic" }),
});
export interface TokenReviewStatus extends Infer<typeof tokenReviewStatus> {}

export const tokenReview = message("io.k8s.api.authentication.v1.TokenReview", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, tokenReviewSpec, "", { required: true, present: true, default: {} }),
  status: obj(3, tokenReviewStatus, ""),
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
