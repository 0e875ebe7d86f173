/** AuthorizationConfiguration (apiserver.config.k8s.io, KEP-3221): which authorizers there are, in which order, and webhooks among them. */
import { isAbsolute } from "node:path";
import { authorizationEnvironment, compileAs, type Program, resultTypes } from "../../machinery/cel/index.ts";
import { durationMs } from "../../machinery/duration.ts";
import { dns1123SubdomainErrors } from "../../machinery/names.ts";
import { fieldError } from "../../machinery/status.ts";
import { readConfiguration, type Section } from "../configuration-file.ts";

export interface AuthorizationConfiguration {
  /** At least one; the first to allow or deny decides. */
  readonly authorizers: readonly AuthorizerConfiguration[];
}

export type AuthorizerConfiguration =
  | { readonly type: "Node" | "RBAC" | "AlwaysAllow" | "AlwaysDeny"; readonly name: string }
  | { readonly type: "Webhook"; readonly name: string; readonly webhook: WebhookAuthorizerConfiguration };

export interface WebhookAuthorizerConfiguration {
  /** Absolute path. */
  readonly kubeConfigFile: string;
  readonly version: "v1" | "v1beta1";
  /** For one attempt; at most 30 s. */
  readonly timeoutMs: number;
  /** How long answers are kept; 0 for not at all. */
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  /** What counts when the webhook cannot be asked. */
  readonly failurePolicy: "NoOpinion" | "Deny";
  /** It is only asked where all of them hold; its failurePolicy counts where one cannot be evaluated. */
  readonly matchConditions: readonly Program[];
}

const kind = {
  what: "authorization configuration",
  kind: "AuthorizationConfiguration",
  apiVersions: ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1", "apiserver.config.k8s.io/v1alpha1"],
} as const;

const knownTypes = ["ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"];
const maxTimeoutMs = 30_000;

/** As kube-apiserver is set up by default in clusters: --authorization-mode=Node,RBAC. */
export const defaultAuthorization: AuthorizationConfiguration = {
  authorizers: [
    { type: "Node", name: "node" },
    { type: "RBAC", name: "rbac" },
  ],
};

/** Throws, saying where, for what is no valid configuration. */
export function parseAuthorizationConfiguration(text: string): AuthorizationConfiguration {
  return readConfiguration(text, kind, (root) => {
    const sections = root.sections("authorizers");
    if (sections.length === 0) root.errors.push(fieldError.required("authorizers", "at least one authorization mode must be defined"));
    const seen = { types: new Set<string>(), names: new Set<string>() };
    return { authorizers: sections.flatMap((section) => authorizerOf(section, seen) ?? []) };
  });
}

function authorizerOf(section: Section, seen: { types: Set<string>; names: Set<string> }): AuthorizerConfiguration | undefined {
  const type = typeOf(section, seen.types);
  const name = nameOf(section, seen.names);
  const webhook = section.section("webhook");
  if (type === "Webhook") {
    if (webhook !== undefined) return { type, name, webhook: webhookOf(webhook) };
    section.errors.push(fieldError.required(section.at("webhook"), "required when type=Webhook"));
    return undefined;
  }
  if (webhook !== undefined) {
    section.errors.push(fieldError.invalid(section.at("webhook"), "non-null", "may only be specified when type=Webhook"));
    webhookOf(webhook);
  }
  return type === undefined ? undefined : { type, name };
}

function typeOf(section: Section, seen: Set<string>): AuthorizerConfiguration["type"] | undefined {
  const { errors } = section;
  const path = section.at("type");
  const type = section.text("type");
  if (type === "") errors.push(fieldError.required(path));
  else if (!knownTypes.includes(type)) errors.push(fieldError.notSupported(path, type, knownTypes));
  else if (type === "ABAC") errors.push(fieldError.forbidden(path, "this server has no ABAC: use RBAC"));
  else if (seen.has(type) && type !== "Webhook") errors.push(fieldError.duplicate(path, type));
  else {
    seen.add(type);
    return type as AuthorizerConfiguration["type"];
  }
  return undefined;
}

function nameOf(section: Section, seen: Set<string>): string {
  const name = section.text("name");
  const path = section.at("name");
  const problems = dns1123SubdomainErrors(name);
  if (name === "") section.errors.push(fieldError.required(path));
  else if (seen.has(name)) section.errors.push(fieldError.duplicate(path, name));
  else if (problems.length > 0) section.errors.push(fieldError.invalid(path, name, `authorizer name is invalid: ${problems.join(", ")}`));
  seen.add(name);
  return name;
}

function webhookOf(section: Section): WebhookAuthorizerConfiguration {
  const timeoutMs = positive(section, "timeout", undefined);
  if (timeoutMs > maxTimeoutMs) section.errors.push(fieldError.invalid(section.at("timeout"), section.text("timeout"), "must be > 0s and <= 30s"));
  const authorizedTtlMs = positive(section, "authorizedTTL", 5 * 60_000);
  const unauthorizedTtlMs = positive(section, "unauthorizedTTL", 30_000);
  return {
    matchConditions: matchConditionsOf(section),
    timeoutMs,
    authorizedTtlMs: section.flag("cacheAuthorizedRequests", true) ? authorizedTtlMs : 0,
    unauthorizedTtlMs: section.flag("cacheUnauthorizedRequests", true) ? unauthorizedTtlMs : 0,
    version: choice(section, "subjectAccessReviewVersion", ["v1", "v1beta1"]),
    failurePolicy: choice(section, "failurePolicy", ["NoOpinion", "Deny"]),
    kubeConfigFile: kubeConfigFileOf(section),
  };
}

/** A duration; `absent` undefined where there must be one. */
function positive(section: Section, field: string, absent: number | undefined): number {
  const text = section.text(field);
  const path = section.at(field);
  if (text === "" && absent === undefined) section.errors.push(fieldError.required(path));
  if (text === "") return absent ?? 0;
  const ms = milliseconds(text);
  if (ms === undefined) section.errors.push(fieldError.invalid(path, text, "must be a duration such as 5m0s"));
  else if (ms <= 0) section.errors.push(fieldError.invalid(path, text, "must be > 0s"));
  return ms ?? 0;
}

function milliseconds(text: string): number | undefined {
  try {
    return durationMs(text);
  } catch {
    return undefined;
  }
}

function choice<T extends string>(section: Section, field: string, choices: readonly [T, ...T[]]): T {
  const text = section.text(field);
  if (text === "") section.errors.push(fieldError.required(section.at(field)));
  else if (!choices.includes(text as T)) section.errors.push(fieldError.notSupported(section.at(field), text, choices));
  return text as T;
}

function kubeConfigFileOf(section: Section): string {
  const info = section.section("connectionInfo");
  const { errors } = section;
  if (info === undefined) {
    errors.push(fieldError.required(`${section.at("connectionInfo")}.type`));
    return "";
  }
  const [type, file] = [info.text("type"), info.text("kubeConfigFile")];
  const path = info.at("kubeConfigFile");
  if (type === "") errors.push(fieldError.required(info.at("type")));
  else if (type === "InClusterConfig") errors.push(fieldError.forbidden(info.at("type"), "InClusterConfig is not allowed for an API server"));
  else if (type !== "KubeConfigFile") errors.push(fieldError.notSupported(info.at("type"), type, ["InClusterConfig", "KubeConfigFile"]));
  else if (file === "") errors.push(fieldError.required(path));
  else if (!isAbsolute(file)) errors.push(fieldError.invalid(path, file, "must be an absolute path"));
  return file;
}

const maxConditions = 64;

/** Those that are good: without them it would be asked too much, so the others are errors. */
function matchConditionsOf(section: Section): Program[] {
  const conditions = section.sections("matchConditions");
  const version = section.text("matchConditionSubjectAccessReviewVersion");
  const versionPath = section.at("matchConditionSubjectAccessReviewVersion");
  if (version === "" && conditions.length > 0) section.errors.push(fieldError.required(versionPath, "required if match conditions are specified"));
  if (version !== "" && version !== "v1") section.errors.push(fieldError.notSupported(versionPath, version, ["v1"]));
  const expressions = conditions.map((condition) => condition.text("expression"));
  if (conditions.length > maxConditions) {
    section.errors.push(fieldError.tooMany(section.at("matchConditions"), conditions.length, maxConditions));
    return [];
  }
  return conditions.flatMap((condition, index) => matchConditionOf(condition, expressions[index]!, expressions.indexOf(expressions[index]!) < index) ?? []);
}

function matchConditionOf(condition: Section, expression: string, isRepeated: boolean): Program | undefined {
  const path = condition.at("expression");
  const { program, problem } = expression.trim() === "" || isRepeated ? {} : compileAs(authorizationEnvironment, expression, resultTypes.bool);
  if (expression.trim() === "") condition.errors.push(fieldError.required(path));
  else if (isRepeated) condition.errors.push(fieldError.duplicate(path, expression));
  else if (problem !== undefined) condition.errors.push(fieldError.invalid(path, expression, problem));
  return program;
}
