/** What the access reviews of authorization.k8s.io/v1 must say. */
import type { NonResourceAttributes, ResourceAttributes } from "../../api/authorization/v1/common.ts";
import type { LocalSubjectAccessReview } from "../../api/authorization/v1/local-subject-access-review.ts";
import type { SelfSubjectAccessReview } from "../../api/authorization/v1/self-subject-access-review.ts";
import type { SubjectAccessReview } from "../../api/authorization/v1/subject-access-review.ts";
import type { ObjectMeta } from "../../machinery/meta.ts";
import { type FieldError, fieldError } from "../../machinery/status.ts";
import { reviewSelectorErrors } from "./request-selectors.ts";

interface Subject {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

export function subjectReviewErrors({ spec, metadata }: SubjectAccessReview): readonly FieldError[] {
  return [...choiceErrors(spec), ...userErrors(spec), ...selectorErrors(spec), ...metadataErrors(metadata, "must be empty")];
}

export function selfReviewErrors({ spec, metadata }: SelfSubjectAccessReview): readonly FieldError[] {
  return [...choiceErrors(spec), ...selectorErrors(spec), ...metadataErrors(metadata, "must be empty")];
}

/** The object's namespace is that of the request. */
export function localReviewErrors({ spec, metadata }: LocalSubjectAccessReview, namespace: string): readonly FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const asked = resourceAttributes?.namespace ?? "";
  return [
    ...choiceErrors(spec),
    ...userErrors(spec),
    ...selectorErrors(spec),
    ...metadataErrors(metadata, "must be empty except for namespace"),
    ...(resourceAttributes === undefined || asked === namespace
      ? []
      : [fieldError.invalid("spec.resourceAttributes.namespace", asked, "must match metadata.namespace")]),
    ...(nonResourceAttributes === undefined
      ? []
      : [fieldError.invalid("spec.nonResourceAttributes", nonResourceAttributes, "disallowed on this kind of request")]),
  ];
}

function choiceErrors({ resourceAttributes, nonResourceAttributes }: Subject): readonly FieldError[] {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    return [fieldError.invalid("spec.nonResourceAttributes", nonResourceAttributes, "cannot be specified in combination with resourceAttributes")];
  }
  if (resourceAttributes !== undefined || nonResourceAttributes !== undefined) return [];
  return [fieldError.invalid("spec.resourceAttributes", null, "exactly one of nonResourceAttributes or resourceAttributes must be specified")];
}

function userErrors({ user = "", groups = [] }: SubjectAccessReview["spec"]): readonly FieldError[] {
  if (user !== "" || groups.length > 0) return [];
  return [fieldError.invalid("spec.user", "", "at least one of user or group must be specified")];
}

function selectorErrors({ resourceAttributes }: Subject): readonly FieldError[] {
  return resourceAttributes === undefined ? [] : reviewSelectorErrors(resourceAttributes);
}

/** Nothing of a review is kept, so that it has no name. A namespace is the path's; managers of fields go unseen. */
function metadataErrors({ namespace: _, managedFields: __, ...metadata }: ObjectMeta, detail: string): readonly FieldError[] {
  return Object.values(metadata).every(isEmpty) ? [] : [fieldError.invalid("metadata", metadata, detail)];
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === 0;
}
