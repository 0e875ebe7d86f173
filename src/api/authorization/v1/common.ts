import { fieldSelectorRequirement, labelSelectorRequirement } from "../../../machinery/meta.ts";
import { bool, type Infer, list, mapOfLists, message, obj, str } from "../../../machinery/schema.ts";

export const fieldSelectorAttributes = message("io.k8s.api.authorization.v1.FieldSelectorAttributes", "", {
  rawSelector: str(1, ""),
  requirements: list(2, fieldSelectorRequirement, "", { listType: "atomic" }),
});
export interface FieldSelectorAttributes extends Infer<typeof fieldSelectorAttributes> {}

export const labelSelectorAttributes = message("io.k8s.api.authorization.v1.LabelSelectorAttributes", "", {
  rawSelector: str(1, ""),
  requirements: list(2, labelSelectorRequirement, "", { listType: "atomic" }),
});
export interface LabelSelectorAttributes extends Infer<typeof labelSelectorAttributes> {}

export const nonResourceAttributes = message("io.k8s.api.authorization.v1.NonResourceAttributes", "", {
  path: str(1, ""),
  verb: str(2, ""),
});
export interface NonResourceAttributes extends Infer<typeof nonResourceAttributes> {}

export const resourceAttributes = message("io.k8s.api.authorization.v1.ResourceAttributes", "", {
  namespace: str(1, ""),
  verb: str(2, ""),
  group: str(3, ""),
  version: str(4, ""),
  resource: str(5, ""),
  subresource: str(6, ""),
  name: str(7, ""),
  fieldSelector: obj(8, fieldSelectorAttributes, ""),
  labelSelector: obj(9, labelSelectorAttributes, ""),
});
export interface ResourceAttributes extends Infer<typeof resourceAttributes> {}

export const subjectAccessReviewSpec = message("io.k8s.api.authorization.v1.SubjectAccessReviewSpec", "", {
  resourceAttributes: obj(1, resourceAttributes, ""),
  nonResourceAttributes: obj(2, nonResourceAttributes, ""),
  user: str(3, ""),
  groups: list(4, "string", "", { listType: "atomic" }),
  extra: mapOfLists(5, ""),
  uid: str(6, ""),
});
export interface SubjectAccessReviewSpec extends Infer<typeof subjectAccessReviewSpec> {}

export const subjectAccessReviewStatus = message("io.k8s.api.authorization.v1.SubjectAccessReviewStatus", "", {
  allowed: bool(1, "", { required: true }),
  reason: str(2, ""),
  evaluationError: str(3, ""),
  denied: bool(4, ""),
});
export interface SubjectAccessReviewStatus extends Infer<typeof subjectAccessReviewStatus> {}
