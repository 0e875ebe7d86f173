/** The webhook authorizer: a SubjectAccessReview to a server of somebody else's. */
import type { SubjectAccessReviewStatus } from "../../api/authorization/v1/common.ts";
import type { SubjectAccessReview } from "../../api/authorization/v1/subject-access-review.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer, SelectorRequirement } from "../contract.ts";
import { ExpiringCache } from "../remote/expiring-cache.ts";
import type { Webhook } from "../remote/webhook.ts";
import type { WebhookAuthorizerConfiguration } from "./authorization-configuration.ts";
import { conditionsMatch } from "./match-conditions.ts";

export interface WebhookAuthorizerOptions {
  readonly name: string;
  readonly configuration: Pick<WebhookAuthorizerConfiguration, "version" | "authorizedTtlMs" | "unauthorizedTtlMs" | "failurePolicy" | "matchConditions">;
  /** That of the schema of SubjectAccessReview. */
  readonly webhook: Webhook;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const maxAnswers = 8192;
/** Longer questions are not kept: whoever asks decides how long they are. */
const maxKeptCharacters = 10_000;

export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookAuthorizerOptions;
  readonly #answers: ExpiringCache<SubjectAccessReviewStatus>;

  constructor(options: WebhookAuthorizerOptions) {
    this.#options = options;
    this.#answers = new ExpiringCache(options.now, maxAnswers);
  }

  async authorize(attributes: AuthorizationAttributes): Promise<AuthorizationDecision> {
    const spec = specOf(attributes);
    const { matchConditions } = this.#options.configuration;
    const match = matchConditions.length === 0 ? { matches: true } : conditionsMatch(matchConditions, attributes);
    if (match.error !== undefined) return this.#failure(match.error);
    if (!match.matches) return { decision: "noOpinion", reason: "" };
    try {
      return this.#decision(await this.#statusOf(spec));
    } catch (error) {
      const { logger, name, signal } = this.#options;
      if (signal.aborted) throw error;
      logger.error({ err: error, authorizer: name }, "cannot ask the authorization webhook");
      return this.#failure(error instanceof Error ? error.message : String(error));
    }
  }

  async #statusOf(spec: SubjectAccessReview["spec"]): Promise<SubjectAccessReviewStatus> {
    const { configuration, webhook, signal } = this.#options;
    const key = JSON.stringify(spec);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = (await webhook(reviewOf(spec, configuration.version), signal)) as unknown as SubjectAccessReview;
    const status = answer.status ?? { allowed: false };
    const ttlMs = status.allowed ? configuration.authorizedTtlMs : configuration.unauthorizedTtlMs;
    if (key.length <= maxKeptCharacters) this.#answers.set(key, status, ttlMs);
    return status;
  }

  #decision({ allowed, denied, reason = "" }: SubjectAccessReviewStatus): AuthorizationDecision {
    if (denied === true && allowed) return { decision: "deny", reason: "", error: "webhook subject access review returned both allow and deny response" };
    if (denied === true) return { decision: "deny", reason };
    return { decision: allowed ? "allow" : "noOpinion", reason };
  }

  #failure(error: string): AuthorizationDecision {
    return { decision: this.#options.configuration.failurePolicy === "Deny" ? "deny" : "noOpinion", reason: "", error };
  }
}

function reviewOf({ groups, ...spec }: SubjectAccessReview["spec"], version: "v1" | "v1beta1"): object {
  const review = { kind: "SubjectAccessReview", apiVersion: `authorization.k8s.io/${version}`, metadata: {} };
  // The beta calls its list of groups `group`.
  return { ...review, spec: version === "v1" ? { ...spec, groups } : { ...spec, group: groups } };
}

function specOf(attributes: AuthorizationAttributes): SubjectAccessReview["spec"] {
  const { user, isResourceRequest, verb, group, version, resource, subresource, namespace, name, path } = attributes;
  return {
    ...(isResourceRequest
      ? { resourceAttributes: { ...present({ namespace, verb, group, version, resource, subresource, name }), ...selectors(attributes) } }
      : { nonResourceAttributes: { path, verb } }),
    user: user.name,
    groups: [...user.groups],
    ...(user.extra === undefined ? {} : { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }),
    ...(user.uid === undefined ? {} : { uid: user.uid }),
  };
}

function present(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}

function selectors({ fieldSelector, labelSelector }: AuthorizationAttributes) {
  return {
    ...(fieldSelector === undefined ? {} : { fieldSelector: { requirements: fieldSelector.map(requirement) } }),
    ...(labelSelector === undefined ? {} : { labelSelector: { requirements: labelSelector.map(requirement) } }),
  };
}

function requirement({ key, operator, values }: SelectorRequirement) {
  return { key, operator, ...(values.length === 0 ? {} : { values: [...values] }) };
}
