/**
 * AuthenticationConfiguration (apiserver.config.k8s.io, KEP-3331): whose JWTs are accepted, whom they name, and who may
 * come without any credentials.
 */
import { X509Certificate } from "node:crypto";
import { fieldError } from "../../machinery/status.ts";
import { readConfiguration, Section } from "../configuration-file.ts";

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtAuthenticatorConfiguration[];
  /** Absent: as the server has it by default. */
  readonly anonymous: AnonymousConfiguration | undefined;
}

export interface AnonymousConfiguration {
  readonly enabled: boolean;
  /** The only paths where it counts; undefined for all. */
  readonly paths: readonly string[] | undefined;
}

export interface JwtAuthenticatorConfiguration {
  readonly issuer: IssuerConfiguration;
  /** Claims that a token must have, with these texts as their values. */
  readonly requiredClaims: ReadonlyMap<string, string>;
  readonly username: PrefixedClaim;
  readonly groups: PrefixedClaim | undefined;
  readonly uidClaim: string | undefined;
}

export interface IssuerConfiguration {
  /** What tokens have as `iss`. */
  readonly url: string;
  /** Where the discovery document is, where it is not below the issuer's URL. */
  readonly discoveryURL: string | undefined;
  /** PEM; undefined: the system's authorities. */
  readonly certificateAuthority: string | undefined;
  /** A token must be for at least one of them (MatchAny). */
  readonly audiences: readonly string[];
}

export interface PrefixedClaim {
  readonly claim: string;
  readonly prefix: string;
}

const kind = {
  what: "authentication configuration",
  kind: "AuthenticationConfiguration",
  apiVersions: ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1", "apiserver.config.k8s.io/v1alpha1"],
} as const;

const maxIssuers = 64;
const noExpressions = "CEL expressions are not supported by this server: use a claim";

/** Throws, saying where, for what is no valid configuration. `ownIssuers`: whose tokens are service accounts'. */
export function parseAuthenticationConfiguration(text: string, ownIssuers: readonly string[] = []): AuthenticationConfiguration {
  return readConfiguration(text, kind, (root) => {
    const sections = root.sections("jwt");
    if (sections.length > maxIssuers) root.errors.push(fieldError.tooMany("jwt", sections.length, maxIssuers));
    const jwt = sections.map((section) => jwtOf(section, ownIssuers));
    reportRepeated(
      root,
      jwt.map(({ issuer }) => issuer.url),
      (index) => `jwt[${index}].issuer.url`,
    );
    reportRepeated(
      root,
      jwt.map(({ issuer }) => issuer.discoveryURL ?? ""),
      (index) => `jwt[${index}].issuer.discoveryURL`,
    );
    const anonymous = root.section("anonymous");
    return { jwt, anonymous: anonymous === undefined ? undefined : anonymousOf(anonymous) };
  });
}

function jwtOf(section: Section, ownIssuers: readonly string[]): JwtAuthenticatorConfiguration {
  const issuer = required(section, "issuer");
  const mappings = required(section, "claimMappings");
  const userRules = section.sections("userValidationRules");
  for (const rule of userRules) {
    rule.text("message");
    refuseExpression(rule, "expression");
  }
  return {
    issuer: issuerOf(issuer, ownIssuers),
    requiredClaims: requiredClaimsOf(section),
    username: usernameOf(mappings),
    groups: prefixedClaimOf(mappings, "groups"),
    uidClaim: uidClaimOf(mappings),
  };
}

function issuerOf(section: Section, ownIssuers: readonly string[]): IssuerConfiguration {
  const { errors } = section;
  const url = section.text("url");
  if (url === "") errors.push(fieldError.required(section.at("url")));
  else checkUrl(section, "url", url);
  if (ownIssuers.includes(url)) {
    errors.push(fieldError.invalid(section.at("url"), url, `URL must not overlap with disallowed issuers: [${ownIssuers.join(" ")}]`));
  }
  const discoveryURL = section.text("discoveryURL");
  if (discoveryURL !== "") checkUrl(section, "discoveryURL", discoveryURL);
  if (discoveryURL !== "" && withoutSlash(discoveryURL) === withoutSlash(url)) {
    errors.push(fieldError.invalid(section.at("discoveryURL"), discoveryURL, "discoveryURL must be different from URL"));
  }
  if (section.text("egressSelectorType") !== "") errors.push(fieldError.forbidden(section.at("egressSelectorType"), "this server has no egress selectors"));
  return {
    url,
    discoveryURL: discoveryURL === "" ? undefined : discoveryURL,
    certificateAuthority: certificateAuthorityOf(section),
    audiences: audiencesOf(section),
  };
}

function checkUrl(section: Section, field: string, text: string): void {
  const refuse = (detail: string) => section.errors.push(fieldError.invalid(section.at(field), text, detail));
  const url = URL.parse(text);
  if (url === null) return void refuse("must be a URL");
  if (url.protocol !== "https:") refuse("URL scheme must be https");
  if (url.username !== "" || url.password !== "") refuse("URL must not contain a username or password");
  if (url.search !== "") refuse("URL must not contain a query");
  if (url.hash !== "") refuse("URL must not contain a fragment");
}

function certificateAuthorityOf(section: Section): string | undefined {
  const pem = section.text("certificateAuthority");
  if (pem === "") return undefined;
  try {
    new X509Certificate(pem);
  } catch {
    // What it is instead does not belong in a log.
    section.errors.push(fieldError.invalid(section.at("certificateAuthority"), "<omitted>", "must be certificates in PEM form"));
  }
  return pem;
}

function audiencesOf(section: Section): string[] {
  const { errors } = section;
  const audiences = section.texts("audiences");
  const policy = section.text("audienceMatchPolicy");
  const path = section.at("audiences");
  if (audiences.length === 0) errors.push(fieldError.required(path, `at least one ${path} is required`));
  for (const [index, audience] of audiences.entries()) if (audience === "") errors.push(fieldError.required(`${path}[${index}]`));
  reportRepeated(section, audiences, (index) => `${path}[${index}]`);
  if (audiences.length > 1 && policy !== "MatchAny") {
    errors.push(fieldError.invalid(section.at("audienceMatchPolicy"), policy, "audienceMatchPolicy must be MatchAny for multiple audiences"));
  }
  if (audiences.length === 1 && !["", "MatchAny"].includes(policy)) {
    errors.push(fieldError.invalid(section.at("audienceMatchPolicy"), policy, "audienceMatchPolicy must be empty or MatchAny for single audience"));
  }
  return audiences;
}

function requiredClaimsOf(section: Section): Map<string, string> {
  const claims = new Map<string, string>();
  const rules = section.sections("claimValidationRules").map((rule) => ({ rule, claim: rule.text("claim"), value: rule.text("requiredValue") }));
  for (const { rule, claim, value } of rules) {
    if (rule.text("message") !== "" && claim !== "") {
      section.errors.push(fieldError.invalid(rule.at("message"), rule.text("message"), "may not be specified when claim is set"));
    }
    if (refuseExpression(rule, "expression", claim)) continue;
    if (claim === "") section.errors.push(fieldError.required(rule.path, "claim or expression is required"));
    claims.set(claim, value);
  }
  reportRepeated(
    section,
    rules.map(({ claim }) => claim),
    (index) => `${section.at("claimValidationRules")}[${index}].claim`,
  );
  return claims;
}

function usernameOf(mappings: Section): PrefixedClaim {
  const username = prefixedClaimOf(mappings, "username");
  if (username === undefined) mappings.errors.push(fieldError.required(mappings.at("username"), "claim or expression is required"));
  return username ?? { claim: "", prefix: "" };
}

/** Undefined when there is none, or when what there is has been refused. */
function prefixedClaimOf(mappings: Section, field: "username" | "groups"): PrefixedClaim | undefined {
  const section = mappings.section(field);
  if (section === undefined) return undefined;
  const [claim, prefix] = [section.text("claim"), section.optionalText("prefix")];
  if (refuseExpression(section, "expression", claim)) return { claim, prefix: prefix ?? "" };
  if (claim === "") return undefined;
  if (prefix === undefined) {
    mappings.errors.push(
      fieldError.required(section.at("prefix"), "prefix is required when claim is set. It can be set to an empty string to disable prefixing"),
    );
  }
  return { claim, prefix: prefix ?? "" };
}

function uidClaimOf(mappings: Section): string | undefined {
  for (const extra of mappings.sections("extra")) {
    if (extra.text("key") === "") extra.errors.push(fieldError.required(extra.at("key")));
    if (!refuseExpression(extra, "valueExpression")) extra.errors.push(fieldError.required(extra.at("valueExpression")));
  }
  const section = mappings.section("uid");
  if (section === undefined) return undefined;
  const claim = section.text("claim");
  refuseExpression(section, "expression", claim);
  return claim === "" ? undefined : claim;
}

/** Says so, and that it has, where there is one: a rule that cannot be checked must not be passed over. */
function refuseExpression(section: Section, field: string, claim = ""): boolean {
  if (section.text(field) === "") return false;
  const { errors } = section;
  if (claim === "") errors.push(fieldError.forbidden(section.at(field), noExpressions));
  else errors.push(fieldError.invalid(section.path, claim, "claim and expression can't both be set"));
  return true;
}

function anonymousOf(section: Section): AnonymousConfiguration {
  const enabled = section.flag("enabled", false);
  const paths = section.sections("conditions").map((condition) => condition.text("path"));
  if (!enabled && paths.length > 0) {
    section.errors.push(fieldError.invalid(section.at("conditions"), paths, "enabled should be set to true when conditions are defined"));
  }
  return { enabled, paths: paths.length === 0 ? undefined : paths };
}

function required(section: Section, field: string): Section {
  const found = section.section(field);
  if (found === undefined) section.errors.push(fieldError.required(section.at(field)));
  // Errors in what is not there are kept apart: only its absence is reported.
  return found ?? new Section({}, section.at(field), []);
}

function reportRepeated(section: Section, values: readonly string[], pathOf: (index: number) => string): void {
  for (const [index, value] of values.entries()) {
    if (value !== "" && values.indexOf(value) < index) section.errors.push(fieldError.duplicate(pathOf(index), value));
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
