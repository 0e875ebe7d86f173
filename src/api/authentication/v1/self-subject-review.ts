import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { userInfo } from "./common.ts";

export const selfSubjectReviewStatus = message("io.k8s.api.authentication.v1.SelfSubjectReviewStatus", "SelfSubjectReviewStatus tells who asked.", {
  userInfo: obj(1, userInfo, "The user as authentication sees them."),
});
export interface SelfSubjectReviewStatus extends Infer<typeof selfSubjectReviewStatus> {}

export const selfSubjectReview = message(
  "io.k8s.api.authentication.v1.SelfSubjectReview",
  "A SelfSubjectReview tells its author who the server takes them for.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    status: obj(2, selfSubjectReviewStatus, "The author."),
  },
);
export interface SelfSubjectReview extends Infer<typeof selfSubjectReview> {}

export const selfSubjectReviews = defineResource<SelfSubjectReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  resource: "selfsubjectreviews",
  singular: "selfsubjectreview",
  namespaced: false,
  verbs: ["create"],
  schema: selfSubjectReview,
  strategy: {},
  virtual: true,
});
