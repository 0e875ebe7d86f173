import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { nonResourceAttributes, resourceAttributes, subjectAccessReviewStatus } from "./common.ts";

export const selfSubjectAccessReviewSpec = message(
  "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec",
  "SelfSubjectAccessReviewSpec describes what the author would like to do.",
  {
    resourceAttributes: obj(1, resourceAttributes, "A request for a resource; excludes the other."),
    nonResourceAttributes: obj(2, nonResourceAttributes, "A request for another path; excludes the other."),
  },
);
export interface SelfSubjectAccessReviewSpec extends Infer<typeof selfSubjectAccessReviewSpec> {}

export const selfSubjectAccessReview = message("io.k8s.api.authorization.v1.SelfSubjectAccessReview", "SelfSubjectAccessReview asks what the caller may do.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, selfSubjectAccessReviewSpec, "The question.", { required: true, present: true, default: {} }),
  status: obj(3, subjectAccessReviewStatus, "The answer."),
});
export interface SelfSubjectAccessReview extends Infer<typeof selfSubjectAccessReview> {}

export const selfSubjectAccessReviews = defineResource<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  resource: "selfsubjectaccessreviews",
  singular: "selfsubjectaccessreview",
  namespaced: false,
  verbs: ["create"],
  schema: selfSubjectAccessReview,
  strategy: {},
  virtual: true,
});
