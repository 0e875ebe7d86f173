/** Whom an ID token names, by the claims that the configuration maps. Pure: the token has been verified. */
import { Program } from "../../../machinery/cel/index.ts";
import type { UserInfo } from "../../contract.ts";
import type { JwtAuthenticatorConfiguration, PrefixedClaim } from "../authentication-configuration.ts";
import { TokenRefused } from "../token-refused.ts";
import type { Payload } from "../token-signature.ts";
import { checkRules, extraBy, nameBy, textBy, textsBy } from "./claim-expressions.ts";

/** Throws TokenRefused for claims that are missing, not what is required, or make a user who is not let in. */
export function userOfClaims(claims: Payload, configuration: JwtAuthenticatorConfiguration): UserInfo {
  const { username, groups, uid, requiredClaims, claimRules, userRules } = configuration;
  const name = username instanceof Program ? nameBy(username, claims) : nameOf(claims, username);
  const groupList = groups instanceof Program ? textsBy(groups, claims, "group") : groups === undefined ? [] : groupsOf(claims, groups);
  const uidText =
    uid instanceof Program ? textBy(uid, claims, "uid") : uid === undefined ? "" : text(claims, uid, `oidc: parse uid claim ${JSON.stringify(uid)}`);
  const extra = extraBy(configuration.extra, claims);
  for (const [claim, value] of requiredClaims) checkRequired(claims, claim, value);
  checkRules(claimRules, { claims }, "claim validation expression");
  const user = { name, ...(uidText === "" ? {} : { uid: uidText }), groups: groupList, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
  checkRules(userRules, { user: { username: name, uid: uidText, groups: groupList, extra } }, "user info validation rule");
  return user;
}

function nameOf(claims: Payload, { claim, prefix }: PrefixedClaim): string {
  const name = text(claims, claim, `oidc: parse username claims ${JSON.stringify(claim)}`);
  if (claim === "email") checkEmail(claims);
  if (prefix + name === "") throw new TokenRefused(`oidc: username claim ${JSON.stringify(claim)} is empty`);
  return prefix + name;
}

/** OpenID Connect Core 1.0, 5.1: whoever says nothing of it is believed. */
function checkEmail(claims: Payload): void {
  const verified = claims["email_verified"];
  if (verified === undefined) return;
  if (typeof verified !== "boolean") throw new TokenRefused("oidc: parse 'email_verified' claim: it is no boolean");
  if (!verified) throw new TokenRefused("oidc: email not verified");
}

/** A single text is a list of one: some map a claim such as `role`. */
function groupsOf(claims: Payload, { claim, prefix }: PrefixedClaim): string[] {
  const value = claims[claim];
  if (value === undefined) {
    if (isDistributed(claims, claim)) throw new TokenRefused(`oidc: could not expand distributed claims: claim ${JSON.stringify(claim)} is not in the token`);
    return [];
  }
  const groups = typeof value === "string" ? [value] : value;
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === "string")) {
    throw new TokenRefused(`oidc: parse groups claim ${JSON.stringify(claim)}: it is neither a text nor a list of texts`);
  }
  return groups.map((group) => `${prefix}${group}`);
}

/** OpenID Connect Core 1.0, 5.6.2: the claim has to be fetched from elsewhere. */
function isDistributed(claims: Payload, claim: string): boolean {
  const names = claims["_claim_names"];
  return typeof names === "object" && names !== null && Object.hasOwn(names, claim);
}

function checkRequired(claims: Payload, claim: string, value: string): void {
  if (claims[claim] === undefined) throw new TokenRefused(`oidc: required claim ${claim} not present in ID token`);
  const found = text(claims, claim, `oidc: parse claim ${claim}`);
  if (found !== value) throw new TokenRefused(`oidc: required claim ${claim} value does not match. Got = ${found}, want = ${value}`);
}

function text(claims: Payload, claim: string, trouble: string): string {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (value === undefined) throw new TokenRefused(`${trouble}: claim not present`);
  if (typeof value !== "string") throw new TokenRefused(`${trouble}: it is no text`);
  return value;
}
