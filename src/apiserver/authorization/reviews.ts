/** The access reviews of authorization.k8s.io/v1: may somebody, may I, and what may I. */
import type { NonResourceAttributes, ResourceAttributes, SubjectAccessReviewStatus } from "../../api/authorization/v1/common.ts";
import { type LocalSubjectAccessReview, localSubjectAccessReviews } from "../../api/authorization/v1/local-subject-access-review.ts";
import { type SelfSubjectAccessReview, selfSubjectAccessReviews } from "../../api/authorization/v1/self-subject-access-review.ts";
import { type SelfSubjectRulesReview, selfSubjectRulesReviews } from "../../api/authorization/v1/self-subject-rules-review.ts";
import { type SubjectAccessReview, subjectAccessReviews } from "../../api/authorization/v1/subject-access-review.ts";
import type { PolicyRule } from "../../api/rbac/v1/common.ts";
import { badRequest, type FieldError, invalid } from "../../machinery/status.ts";
import type { AuthorizationAttributes, Authorizer, UserInfo, VirtualHandler } from "../contract.ts";
import { joined } from "./rbac.ts";
import { reviewSelectors, unreadSelectors } from "./request-selectors.ts";
import { localReviewErrors, selfReviewErrors, subjectReviewErrors } from "./review-validation.ts";
import type { RulesForUser } from "./rule-resolvers.ts";

const group = "authorization.k8s.io";

interface Subject {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

export function accessReviewHandlers(authorizer: Authorizer, rulesFor: RulesForUser): VirtualHandler[] {
  return [
    {
      definition: subjectAccessReviews,
      create: async ({ body }) => {
        const review = body as SubjectAccessReview;
        throwOn("SubjectAccessReview", subjectReviewErrors(review));
        return { ...review, status: await decide(review.spec, userOf(review.spec), authorizer) };
      },
    },
    {
      definition: localSubjectAccessReviews,
      create: async ({ body, info }) => {
        const review = body as LocalSubjectAccessReview;
        throwOn("LocalSubjectAccessReview", localReviewErrors(review, info.namespace));
        return { ...review, metadata: { ...review.metadata, namespace: info.namespace }, status: await decide(review.spec, userOf(review.spec), authorizer) };
      },
    },
    {
      definition: selfSubjectAccessReviews,
      create: async ({ body, user }) => {
        const review = body as SelfSubjectAccessReview;
        throwOn("SelfSubjectAccessReview", selfReviewErrors(review));
        return { ...review, status: await decide(review.spec, user, authorizer) };
      },
    },
    {
      definition: selfSubjectRulesReviews,
      create: async ({ body, user }) => {
        const review = body as SelfSubjectRulesReview;
        const namespace = review.spec?.namespace ?? "";
        if (namespace === "") throw badRequest("no namespace on request");
        return { ...review, status: rulesStatus(user, namespace, rulesFor) };
      },
    },
  ];
}

async function decide(spec: Subject, user: UserInfo, authorizer: Authorizer): Promise<SubjectAccessReviewStatus> {
  const { decision, reason, error } = await authorizer.authorize(attributesOf(spec, user));
  const errors = [...(error === undefined ? [] : [error]), ...unreadSelectors(spec.resourceAttributes)];
  return {
    allowed: decision === "allow",
    ...(decision === "deny" ? { denied: true } : {}),
    ...(reason === "" ? {} : { reason }),
    ...(errors.length === 0 ? {} : { evaluationError: errors.join("; ") }),
  };
}

function attributesOf(spec: Subject, user: UserInfo): AuthorizationAttributes {
  const resource = spec.resourceAttributes;
  return {
    user,
    isResourceRequest: resource !== undefined,
    verb: resource?.verb ?? spec.nonResourceAttributes?.verb ?? "",
    group: resource?.group ?? "",
    // An unset version means any; authorizers do not look at it.
    version: resource?.version ?? "*",
    resource: resource?.resource ?? "",
    subresource: resource?.subresource ?? "",
    namespace: resource?.namespace ?? "",
    name: resource?.name ?? "",
    path: spec.nonResourceAttributes?.path ?? "",
    ...(resource === undefined ? {} : reviewSelectors(resource)),
  };
}

function userOf(spec: SubjectAccessReview["spec"]): UserInfo {
  return {
    name: spec.user ?? "",
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    groups: spec.groups ?? [],
    ...(spec.extra === undefined ? {} : { extra: spec.extra }),
  };
}

function throwOn(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(group, kind, "", errors);
}

function rulesStatus(user: UserInfo, namespace: string, rulesFor: RulesForUser): NonNullable<SelfSubjectRulesReview["status"]> {
  const { rules, errors: problems } = rulesFor(user, namespace);
  return {
    resourceRules: rules.filter((rule) => (rule.resources ?? []).length > 0).map(resourceRule),
    nonResourceRules: rules.filter((rule) => (rule.nonResourceURLs ?? []).length > 0).map(nonResourceRule),
    incomplete: problems.length > 0,
    ...(problems.length === 0 ? {} : { evaluationError: joined(problems) }),
  };
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule): NonNullable<SelfSubjectRulesReview["status"]>["resourceRules"][number] {
  return {
    verbs: [...verbs],
    ...(apiGroups === undefined ? {} : { apiGroups: [...apiGroups] }),
    ...(resources === undefined ? {} : { resources: [...resources] }),
    ...(resourceNames === undefined ? {} : { resourceNames: [...resourceNames] }),
  };
}

function nonResourceRule({ verbs, nonResourceURLs = [] }: PolicyRule): NonNullable<SelfSubjectRulesReview["status"]>["nonResourceRules"][number] {
  return { verbs: [...verbs], nonResourceURLs: [...nonResourceURLs] };
}
