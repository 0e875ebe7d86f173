/** Webhook configurations (pkg/apis/admissionregistration/validation). What an object has from older releases it may keep. */
import { joined, none } from "../../../machinery/joined.ts";
import { dns1035LabelErrors, dns1123SubdomainErrors, portNumberErrors } from "../../../machinery/names.ts";
import { validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { each, matches, optional } from "../../validation.ts";
import type { ServiceReference, WebhookClientConfig } from "./common.ts";
import { ExpressionChecks } from "./expressions.validation.ts";
import type { MutatingWebhook } from "./mutating-webhook-configuration.ts";
import { matchConditionErrors, ruleErrors } from "./rules.validation.ts";
import type { ValidatingWebhook } from "./validating-webhook-configuration.ts";

type Webhook = MutatingWebhook | ValidatingWebhook;

interface WebhookConfiguration {
  readonly webhooks?: readonly Webhook[];
}

/** Faults that the stored object has already. */
interface Allowed {
  readonly repeatedNames?: boolean;
  readonly unknownReviews?: boolean;
  readonly invalidValues?: boolean;
  readonly checks: ExpressionChecks;
}

export function newWebhookConfigurationErrors({ webhooks }: WebhookConfiguration): readonly FieldError[] {
  return configurationErrors(webhooks, { checks: new ExpressionChecks({}, { old: undefined }) });
}

export function webhookConfigurationUpdateErrors({ webhooks }: WebhookConfiguration, old: WebhookConfiguration): readonly FieldError[] {
  const before = old.webhooks ?? [];
  const checks = new ExpressionChecks({}, { old });
  return configurationErrors(webhooks, {
    checks,
    repeatedNames: new Set(before.map(({ name }) => name)).size < before.length,
    unknownReviews: before.some(({ admissionReviewVersions: versions = [] }) => versions.length > 0 && !versions.some(isKnownReview)),
    invalidValues: before.some((webhook) => selectorErrors("", webhook, { checks }).length > 0),
  });
}

function configurationErrors(webhooks: readonly Webhook[] | undefined, allowed: Allowed): readonly FieldError[] {
  const names = (webhooks ?? []).map(({ name = "" }) => name);
  return each(webhooks, "webhooks", (webhook, at, index) =>
    joined(
      webhookErrors(at, webhook, allowed),
      reviewVersionErrors(`${at}.admissionReviewVersions`, webhook.admissionReviewVersions ?? [], allowed),
      allowed.repeatedNames !== true && webhook.name && names.indexOf(webhook.name) < index ? [fieldError.duplicate(`${at}.name`, webhook.name)] : none,
    ),
  );
}

const maxTimeoutSeconds = 30;

function webhookErrors(path: string, webhook: Webhook, allowed: Allowed): readonly FieldError[] {
  const { name = "", clientConfig = {}, rules, timeoutSeconds, sideEffects } = webhook;
  const badTimeout = timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > maxTimeoutSeconds);
  return joined(
    nameErrors(`${path}.name`, name),
    each(rules, `${path}.rules`, (rule, at) => ruleErrors(at, rule)),
    sideEffects === undefined ? [fieldError.required(`${path}.sideEffects`, "must specify one of None, NoneOnDryRun")] : none,
    badTimeout ? [fieldError.invalid(`${path}.timeoutSeconds`, timeoutSeconds, `the timeout value must be between 1 and ${maxTimeoutSeconds} seconds`)] : none,
    selectorErrors(path, webhook, allowed),
    clientConfigErrors(`${path}.clientConfig`, clientConfig),
    matchConditionErrors(`${path}.matchConditions`, webhook.matchConditions, allowed.checks.condition),
  );
}

/** A domain name of at least three labels. */
function nameErrors(path: string, name: string): readonly FieldError[] {
  if (name === "") return [fieldError.required(path)];
  const problems = dns1123SubdomainErrors(name);
  if (problems.length > 0) return [fieldError.invalid(path, name, problems.join(","))];
  return name.split(".").length < 3 ? [fieldError.invalid(path, name, "should be a domain with at least three segments separated by dots")] : [];
}

function selectorErrors(path: string, { namespaceSelector, objectSelector }: Webhook, { invalidValues = false }: Allowed): readonly FieldError[] {
  const options = { allowInvalidValues: invalidValues };
  return joined(
    validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, options),
    validateLabelSelector(objectSelector, `${path}.objectSelector`, options),
  );
}

function clientConfigErrors(path: string, { url, service }: WebhookClientConfig): readonly FieldError[] {
  if ((url === undefined) === (service === undefined)) return [fieldError.required(path, "exactly one of url or service is required")];
  return url === undefined ? optional(service, (reference) => serviceErrors(`${path}.service`, reference)) : urlErrors(`${path}.url`, url);
}

/** RFC 3986, appendix B, as lax as Go reads it. */
const urlPattern = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const form = "; desired format: https://host[/path]";

function urlErrors(path: string, text: string): readonly FieldError[] {
  const problem = urlProblem(text);
  if (problem !== undefined) return [fieldError.required(path, `url must be a valid URL: parse ${JSON.stringify(text)}: ${problem}${form}`)];
  const [, scheme = "", authority = "", , query = "", fragment = ""] = urlPattern.exec(text) ?? [];
  const at = authority.lastIndexOf("@");
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== "https") errors.push(fieldError.invalid(path, scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`));
  if (authority.slice(at + 1) === "") errors.push(fieldError.invalid(path, "", `host must be specified${form}`));
  if (at >= 0) errors.push(fieldError.invalid(path, authority.slice(0, at), "user information is not permitted in the URL"));
  if (fragment !== "") errors.push(fieldError.invalid(path, fragment, "fragments are not permitted in the URL"));
  if (query !== "") errors.push(fieldError.invalid(path, query, "query parameters are not permitted in the URL"));
  return errors;
}

/** What Go's url.Parse refuses, in its words. */
function urlProblem(text: string): string | undefined {
  if ([...text].some((character) => character < " " || character === "\u007f")) return "net/url: invalid control character in URL";
  if (text.startsWith(":")) return "missing protocol scheme";
  const [, scheme, authority, rest = ""] = urlPattern.exec(text) ?? [];
  if (scheme === undefined && authority === undefined && rest.split("/")[0]?.includes(":")) return "first path segment in URL cannot contain colon";
  const host = authority?.slice(authority.lastIndexOf("@") + 1) ?? "";
  const port = host.startsWith("[") ? host.slice(host.indexOf("]") + 1) : host.slice(host.includes(":") ? host.lastIndexOf(":") : host.length);
  if (port !== "" && !/^:[0-9]*$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const bad = /[ "<>\\^`{|}]/.exec(host)?.[0];
  if (bad !== undefined) return `invalid character ${JSON.stringify(bad)} in host name`;
  const badEscape = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text)?.[0];
  return badEscape === undefined ? undefined : `invalid URL escape ${JSON.stringify(badEscape)}`;
}

function serviceErrors(path: string, { name, namespace, path: url = "", port = 443 }: ServiceReference): readonly FieldError[] {
  return joined(
    // Upstream takes the one for the other.
    namespace ? none : [fieldError.required(`${path}.name`, "service name is required")],
    name ? none : [fieldError.required(`${path}.namespace`, "service namespace is required")],
    portNumberErrors(port).map((text) => fieldError.invalid(`${path}.port`, port, `port is not valid: ${text}`)),
    servicePathErrors(`${path}.path`, url),
  );
}

function servicePathErrors(path: string, url: string): readonly FieldError[] {
  if (url === "" || url === "/") return [];
  const invalid = (detail: string) => fieldError.invalid(path, url, detail);
  if (url === "//") return [invalid("segment[0] may not be empty")];
  const errors = url.startsWith("/") ? [] : [invalid("must start with a '/'")];
  const segments = url.slice(1).replace(/\/$/, "").split("/");
  const problems = segments.flatMap((segment, index) => {
    if (segment === "") return [invalid(`segment[${index}] may not be empty`)];
    return dns1123SubdomainErrors(segment).map((text) => invalid(`segment[${index}]: ${text}`));
  });
  return joined(errors, problems);
}

const knownReviews = ["v1", "v1beta1"];
const isKnownReview = (version: string) => knownReviews.includes(version);

function reviewVersionErrors(path: string, versions: readonly string[], { unknownReviews = false }: Allowed): readonly FieldError[] {
  const known = knownReviews.join(", ");
  if (versions.length === 0) return [fieldError.required(path, `must specify one of ${known}`)];
  const errors = each(versions, path, (version, at, index) =>
    versions.indexOf(version) < index ? [fieldError.invalid(at, version, "duplicate version")] : matches(at, version, dns1035LabelErrors),
  );
  if (unknownReviews || versions.some(isKnownReview)) return errors;
  return [...errors, fieldError.invalid(path, versions, `must include at least one of ${known}`)];
}
