/**
 * AuthenticationConfiguration (apiserver.config.k8s.io, KEP-3331): whose JWTs are accepted, whom they name, and who may
 * come without any credentials.
 */
import { X509Certificate } from "node:crypto";
import { type Node, someNode } from "../../machinery/cel/ast.ts";
import { claimsEnvironment, compileAs, type Environment, Program, resultTypes, userEnvironment } from "../../machinery/cel/index.ts";
import { domainPrefixedPathErrors } from "../../machinery/names.ts";
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
  /** What must hold of the claims. */
  readonly claimRules: readonly ValidationRule[];
  readonly username: PrefixedClaim | Program;
  readonly groups: PrefixedClaim | Program | undefined;
  readonly uid: string | Program | undefined;
  /** What else is known of the user, by key. */
  readonly extra: ReadonlyMap<string, Program>;
  /** What must hold of the user that the claims have been mapped to. */
  readonly userRules: readonly ValidationRule[];
}

export interface ValidationRule {
  readonly program: Program;
  /** For whoever is refused; "" if there is none. */
  readonly message: string;
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
/** OpenID Connect's word on an address may be "not verified": whoever takes the address must look. */
const verifiedMessage =
  "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression";

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
  const claimRules = claimRulesOf(section);
  const configuration = {
    issuer: issuerOf(issuer, ownIssuers),
    requiredClaims: claimRules.required,
    claimRules: claimRules.rules,
    username: usernameOf(mappings),
    groups: groupsOf(mappings),
    uid: uidOf(mappings),
    extra: extraOf(mappings),
    userRules: userRulesOf(section),
  };
  checkVerified(mappings, configuration);
  return configuration;
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

interface ClaimRules {
  readonly required: Map<string, string>;
  readonly rules: ValidationRule[];
}

/** Each is a claim with its value or an expression, never both. */
function claimRulesOf(section: Section): ClaimRules {
  const found: ClaimRules = { required: new Map(), rules: [] };
  const expressions = new Set<string>();
  for (const rule of section.sections("claimValidationRules")) {
    const [claim, expression] = [rule.text("claim"), rule.text("expression")];
    const [value, message] = [rule.text("requiredValue"), rule.text("message")];
    if (claim !== "" && expression !== "") rule.errors.push(fieldError.invalid(rule.path, claim, "claim and expression can't both be set"));
    else if (claim !== "") requireClaim(rule, found.required, claim, value, message);
    else if (expression === "") rule.errors.push(fieldError.required(rule.path, "claim or expression is required"));
    else {
      if (value !== "") rule.errors.push(fieldError.invalid(rule.at("requiredValue"), value, "may not be specified when expression is set"));
      found.rules.push(...ruleOf(rule, expressions, claimsEnvironment, expression, message));
    }
  }
  return found;
}

function requireClaim(rule: Section, claims: Map<string, string>, claim: string, value: string, message: string): void {
  if (message !== "") rule.errors.push(fieldError.invalid(rule.at("message"), message, "may not be specified when claim is set"));
  if (claims.has(claim)) rule.errors.push(fieldError.duplicate(rule.at("claim"), claim));
  claims.set(claim, value);
}

function userRulesOf(section: Section): ValidationRule[] {
  const expressions = new Set<string>();
  return section.sections("userValidationRules").flatMap((rule) => {
    const [expression, message] = [rule.text("expression"), rule.text("message")];
    if (expression !== "") return ruleOf(rule, expressions, userEnvironment, expression, message);
    rule.errors.push(fieldError.required(rule.at("expression")));
    return [];
  });
}

/** None when the expression is refused. `known`: those of the rules before. */
function ruleOf(rule: Section, known: Set<string>, environment: Environment, expression: string, message: string): ValidationRule[] {
  if (known.has(expression)) {
    rule.errors.push(fieldError.duplicate(rule.at("expression"), expression));
    return [];
  }
  known.add(expression);
  const program = compiled(rule, "expression", expression, environment, "bool");
  return program === undefined ? [] : [{ program, message }];
}

function compiled(section: Section, field: string, expression: string, environment: Environment, result: "bool" | "any"): Program | undefined {
  const { program, problem } = compileAs(environment, expression, resultTypes[result], { got: false });
  if (problem !== undefined) section.errors.push(fieldError.invalid(section.at(field), expression, problem));
  return program;
}

function usernameOf(mappings: Section): PrefixedClaim | Program {
  const section = mappings.section("username");
  if (section === undefined) mappings.errors.push(fieldError.required(mappings.at("username"), "claim or expression is required"));
  return (section && mappingOf(section, true)) ?? { claim: "", prefix: "" };
}

function groupsOf(mappings: Section): PrefixedClaim | Program | undefined {
  const section = mappings.section("groups");
  return section && mappingOf(section, false);
}

/** Undefined when there is none, or when what there is has been refused. */
function mappingOf(section: Section, isRequired: boolean): PrefixedClaim | Program | undefined {
  const [claim, prefix, expression] = [section.text("claim"), section.optionalText("prefix"), section.text("expression")];
  const { errors } = section;
  if (claim !== "" && expression !== "") errors.push(fieldError.invalid(section.path, "", "claim and expression can't both be set"));
  else if (expression !== "") {
    if (prefix !== undefined) errors.push(fieldError.invalid(section.at("prefix"), prefix, "may not be specified when expression is set"));
    return compiled(section, "expression", expression, claimsEnvironment, "any");
  } else if (claim !== "") {
    if (prefix === undefined) {
      errors.push(fieldError.required(section.at("prefix"), "prefix is required when claim is set. It can be set to an empty string to disable prefixing"));
    }
    return { claim, prefix: prefix ?? "" };
  } else if (isRequired) errors.push(fieldError.required(section.path, "claim or expression is required"));
  return undefined;
}

function uidOf(mappings: Section): string | Program | undefined {
  const section = mappings.section("uid");
  if (section === undefined) return undefined;
  const [claim, expression] = [section.text("claim"), section.text("expression")];
  if (claim !== "" && expression !== "") section.errors.push(fieldError.invalid(section.path, "", "claim and expression can't both be set"));
  if (claim === "" && expression !== "") return compiled(section, "expression", expression, claimsEnvironment, "any");
  return claim === "" ? undefined : claim;
}

function extraOf(mappings: Section): Map<string, Program> {
  const seen = new Set<string>();
  const extra = new Map<string, Program>();
  for (const section of mappings.sections("extra")) {
    const [key, expression] = [section.text("key"), section.text("valueExpression")];
    checkExtraKey(section, key, seen);
    if (expression === "") section.errors.push(fieldError.required(section.at("valueExpression")));
    const program = expression === "" ? undefined : compiled(section, "valueExpression", expression, claimsEnvironment, "any");
    if (program !== undefined) extra.set(key, program);
  }
  return extra;
}

const reservedDomain = /(?:^|\.)(?:kubernetes|k8s)\.io$/;

function checkExtraKey(section: Section, key: string, seen: Set<string>): void {
  const refuse = (detail: string) => section.errors.push(fieldError.invalid(section.at("key"), key, detail));
  if (key === "") section.errors.push(fieldError.required(section.at("key")));
  else for (const problem of domainPrefixedPathErrors(key)) refuse(problem);
  if (key !== key.toLowerCase()) refuse("must be lowercase");
  if (key.includes("/") && reservedDomain.test(key.slice(0, key.indexOf("/")))) {
    refuse("k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use");
  }
  if (seen.has(key)) section.errors.push(fieldError.duplicate(section.at("key"), key));
  seen.add(key);
}

function checkVerified(mappings: Section, { username, extra, claimRules }: Pick<JwtAuthenticatorConfiguration, "username" | "extra" | "claimRules">): void {
  if (!(username instanceof Program) || !usesClaim(username, "email")) return;
  const programs = [username, ...extra.values(), ...claimRules.map(({ program }) => program)];
  if (programs.some((program) => usesClaim(program, "email_verified"))) return;
  mappings.errors.push(fieldError.invalid(mappings.at("username.expression"), username.expression, verifiedMessage));
}

/** `claims.email` or `claims.?email`. */
function usesClaim({ root }: Program, claim: string): boolean {
  const isClaims = (node: Node | undefined) => node?.kind === "ident" && node.name === "claims";
  return someNode(root, (node) => {
    if (node.kind === "select") return node.field === claim && isClaims(node.operand);
    const [operand, field] = node.kind === "call" && node.function === "_?._" ? node.args : [];
    return isClaims(operand) && field?.kind === "literal" && field.value === claim;
  });
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
