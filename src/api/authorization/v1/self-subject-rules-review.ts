import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";

export const nonResourceRule = message("io.k8s.api.authorization.v1.NonResourceRule", "NonResourceRule is a permission for paths that are no resources.", {
  verbs: list(1, "string", "HTTP methods, in lower case; * for all.", { required: true, listType: "atomic" }),
  nonResourceURLs: list(2, "string", "Paths; a final * stands for any rest.", { listType: "atomic" }),
});
export interface NonResourceRule extends Infer<typeof nonResourceRule> {}

export const resourceRule = message("io.k8s.api.authorization.v1.ResourceRule", "ResourceRule is a permission for resources.", {
  verbs: list(1, "string", "What may be done; * for all.", { required: true, listType: "atomic" }),
  apiGroups: list(2, "string", "Groups of the resources; * for all.", { listType: "atomic" }),
  resources: list(3, "string", "The resources; * for all, */sub for a subresource of all.", { listType: "atomic" }),
  resourceNames: list(4, "string", "Names of the objects; all of them if empty.", { listType: "atomic" }),
});
export interface ResourceRule extends Infer<typeof resourceRule> {}

export const selfSubjectRulesReviewSpec = message(
  "io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec",
  "SelfSubjectRulesReviewSpec says where the permissions are wanted for.",
  {
    namespace: str(1, "Namespace that is asked about."),
  },
);
export interface SelfSubjectRulesReviewSpec extends Infer<typeof selfSubjectRulesReviewSpec> {}

export const subjectRulesReviewStatus = message("io.k8s.api.authorization.v1.SubjectRulesReviewStatus", "SubjectRulesReviewStatus lists permissions.", {
  resourceRules: list(1, resourceRule, "Permissions for resources, in no order.", { required: true, listType: "atomic" }),
  nonResourceRules: list(2, nonResourceRule, "Permissions for other paths, in no order.", { required: true, listType: "atomic" }),
  incomplete: bool(3, "Whether there may be others.", { required: true }),
  evaluationError: str(4, "What went wrong while they were gathered."),
});
export interface SubjectRulesReviewStatus extends Infer<typeof subjectRulesReviewStatus> {}

export const selfSubjectRulesReview = message(
  "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
  "SelfSubjectRulesReview asks for all that the caller may do in a namespace.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, selfSubjectRulesReviewSpec, "The namespace.", { required: true, present: true, default: {} }),
    status: obj(3, subjectRulesReviewStatus, "What is allowed."),
  },
);
export interface SelfSubjectRulesReview extends Infer<typeof selfSubjectRulesReview> {}

export const selfSubjectRulesReviews = defineResource<SelfSubjectRulesReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  resource: "selfsubjectrulesreviews",
  singular: "selfsubjectrulesreview",
  namespaced: false,
  verbs: ["create"],
  schema: selfSubjectRulesReview,
  strategy: {},
  virtual: true,
});
