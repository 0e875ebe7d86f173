import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from "./common.ts";

export const subjectAccessReview = message("io.k8s.api.authorization.v1.SubjectAccessReview", "SubjectAccessReview asks what a user may do.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, subjectAccessReviewSpec, "The question.", { required: true, present: true, default: {} }),
  status: obj(3, subjectAccessReviewStatus, "The answer."),
});
export interface SubjectAccessReview extends Infer<typeof subjectAccessReview> {}

export const subjectAccessReviews = defineResource<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  resource: "subjectaccessreviews",
  singular: "subjectaccessreview",
  namespaced: false,
  verbs: ["create"],
  schema: subjectAccessReview,
  strategy: {},
  virtual: true,
});
