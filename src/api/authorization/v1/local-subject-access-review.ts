import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from "./common.ts";

export const localSubjectAccessReview = message(
  "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
  "LocalSubjectAccessReview asks what a user may do in one namespace.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, subjectAccessReviewSpec, "The question.", { required: true, present: true, default: {} }),
    status: obj(3, subjectAccessReviewStatus, "The answer."),
  },
);
export interface LocalSubjectAccessReview extends Infer<typeof localSubjectAccessReview> {}

export const localSubjectAccessReviews = defineResource<LocalSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  resource: "localsubjectaccessreviews",
  singular: "localsubjectaccessreview",
  namespaced: true,
  verbs: ["create"],
  schema: localSubjectAccessReview,
  strategy: {},
  virtual: true,
});
