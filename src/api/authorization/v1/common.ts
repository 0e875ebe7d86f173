import { fieldSelectorRequirement, labelSelectorRequirement } from "../../../machinery/meta.ts";
import { bool, type Infer, list, mapOfLists, message, obj, str } from "../../../machinery/schema.ts";

export const fieldSelectorAttributes = message(
  "io.k8s.api.authorization.v1.FieldSelectorAttributes",
  "FieldSelectorAttributes are the limits that a request sets by fields.",
  {
    rawSelector: str(1, "The selector as text; excludes requirements."),
    requirements: list(2, fieldSelectorRequirement, "The selector in parts, all of which hold.", { listType: "atomic" }),
  },
);
export interface FieldSelectorAttributes extends Infer<typeof fieldSelectorAttributes> {}

export const labelSelectorAttributes = message(
  "io.k8s.api.authorization.v1.LabelSelectorAttributes",
  "LabelSelectorAttributes are the limits that a request sets by labels.",
  {
    rawSelector: str(1, "The selector as text; excludes requirements."),
    requirements: list(2, labelSelectorRequirement, "The selector in parts, all of which hold.", { listType: "atomic" }),
  },
);
export interface LabelSelectorAttributes extends Infer<typeof labelSelectorAttributes> {}

export const nonResourceAttributes = message(
  "io.k8s.api.authorization.v1.NonResourceAttributes",
  "NonResourceAttributes describe a request that is not for a resource.",
  {
    path: str(1, "Path of the URL."),
    verb: str(2, "HTTP method, in lower case."),
  },
);
export interface NonResourceAttributes extends Infer<typeof nonResourceAttributes> {}

export const resourceAttributes = message("io.k8s.api.authorization.v1.ResourceAttributes", "ResourceAttributes describe a request for a resource.", {
  namespace: str(1, "Namespace of the object; empty for none, or for all in lists."),
  verb: str(2, "get, list, watch, create, update, patch, delete, proxy, or * for all."),
  group: str(3, "API group; * for all."),
  version: str(4, "API version; * for all."),
  resource: str(5, "Resource in the plural; * for all."),
  subresource: str(6, "Subresource; empty for none."),
  name: str(7, "Name of the object; empty for all."),
  fieldSelector: obj(8, fieldSelectorAttributes, "Limits by fields, which can only narrow the request."),
  labelSelector: obj(9, labelSelectorAttributes, "Limits by labels, which can only narrow the request."),
});
export interface ResourceAttributes extends Infer<typeof resourceAttributes> {}

export const subjectAccessReviewSpec = message(
  "io.k8s.api.authorization.v1.SubjectAccessReviewSpec",
  "SubjectAccessReviewSpec describes who would like to do what.",
  {
    resourceAttributes: obj(1, resourceAttributes, "A request for a resource; excludes the other."),
    nonResourceAttributes: obj(2, nonResourceAttributes, "A request for another path; excludes the other."),
    user: str(3, "Name of the user."),
    groups: list(4, "string", "Groups that the user is in.", { listType: "atomic" }),
    extra: mapOfLists(5, "What else the authenticator knows of the user."),
    uid: str(6, "Identity of the user."),
  },
);
export interface SubjectAccessReviewSpec extends Infer<typeof subjectAccessReviewSpec> {}

export const subjectAccessReviewStatus = message("io.k8s.api.authorization.v1.SubjectAccessReviewStatus", "SubjectAccessReviewStatus is the verdict.", {
  allowed: bool(1, "Whether it is allowed.", { required: true }),
  reason: str(2, "Why, for people."),
  evaluationError: str(3, "What went wrong while it was judged."),
  denied: bool(4, "Whether it was refused outright, so that nobody else was asked."),
});
export interface SubjectAccessReviewStatus extends Infer<typeof subjectAccessReviewStatus> {}
