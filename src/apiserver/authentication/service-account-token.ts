/**
 * Verifies service-account tokens: signature and times first, then that everything the token is bound to still
 * exists. The signature of a token is checked once; the rest with every request, from the watch cache, so that
 * deleting a pod or an account revokes its tokens at once.
 */
import { nodes } from "../../api/core/v1/node.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { secrets } from "../../api/core/v1/secret.ts";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { ObjectReader, UserInfo } from "../contract.ts";
import { extraKeys, serviceAccountGroups, serviceAccountUser } from "./groups.ts";
import { legacyIssuer, legacyUser } from "./legacy-token.ts";
import type { KnownToken, TokenAuthenticator } from "./token-authenticator.ts";
import { type ObjectClaim, parseClaims, type TokenClaims } from "./token-claims.ts";
import type { TokenKey } from "./token-keys.ts";
import { TokenRefused } from "./token-refused.ts";
import { issuerOf, TokenSignatures } from "./token-signature.ts";

export interface TokenVerifierOptions {
  /** The first one issues; tokens of all are accepted. */
  readonly issuers: readonly string[];
  readonly keys: readonly TokenKey[];
  /** Audiences that name this API server. */
  readonly audiences: readonly string[];
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Something deleted this recently still counts, so that a terminating pod can say goodbye (go-jose's leeway). */
const deletionLeewayMs = 60_000;
const clockLeewayMs = 60_000;

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #options: TokenVerifierOptions;
  readonly #signatures: TokenSignatures;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
    this.#signatures = new TokenSignatures(options.keys);
  }

  /** Undefined for a token of another issuer; throws TokenRefused for a bad one. */
  async authenticateToken(token: string, audiences: readonly string[]): Promise<KnownToken | undefined> {
    const issuer = issuerOf(token);
    const isLegacy = issuer === legacyIssuer;
    if (issuer === undefined || !(isLegacy || this.#options.issuers.includes(issuer))) return undefined;
    const payload = await this.#signatures.verify(token);
    if (payload === undefined) throw new TokenRefused("invalid signature");
    // Old tokens name no audience: they are for the API server.
    if (isLegacy) return { user: legacyUser(token, payload, this.#options.reader), audiences: sharedAudiences(audiences, this.#options.audiences) };
    const claims = parseClaims(payload);
    if (claims === undefined) throw new TokenRefused("service account token claims could not be validated");
    this.#checkTimes(claims);
    const shared = sharedAudiences(audiences, claims.aud);
    this.#checkBoundObjects(claims);
    return { user: userOf(claims), audiences: shared };
  }

  #checkTimes(claims: TokenClaims): void {
    const now = this.#options.now();
    if (now > claims.exp * 1000 + clockLeewayMs) throw new TokenRefused("service account token has expired");
    if (claims.nbf !== undefined && now < claims.nbf * 1000 - clockLeewayMs) throw new TokenRefused("service account token is not valid yet");
  }

  #checkBoundObjects(claims: TokenClaims): void {
    const { namespace, serviceaccount, secret, pod, node } = claims["kubernetes.io"];
    this.#checkExists(serviceAccounts, namespace, serviceaccount, "service account");
    if (secret !== undefined) this.#checkExists(secrets, namespace, secret, "secret");
    if (pod !== undefined) this.#checkExists(pods, namespace, pod, "pod");
    // The node of a pod-bound token is information only; a token bound to the node itself ends with it.
    else if (node !== undefined) this.#checkExists(nodes, "", node, "node");
  }

  #checkExists(definition: AnyResourceDefinition, namespace: string, claim: ObjectClaim, what: string): void {
    const object = this.#options.reader.get(definition, namespace, claim.name);
    if (object === undefined) throw new TokenRefused(`${what} ${namespace}/${claim.name} not found: service account token has been invalidated`);
    const { uid, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < this.#options.now() - deletionLeewayMs) {
      throw new TokenRefused(`${what} ${namespace}/${claim.name} has been deleted`);
    }
    if (uid !== claim.uid) throw new TokenRefused(`${what} UID (${uid}) does not match claim (${claim.uid})`);
  }
}

function sharedAudiences(wanted: readonly string[], held: readonly string[]): string[] {
  const shared = wanted.filter((audience) => held.includes(audience));
  if (shared.length > 0) return shared;
  throw new TokenRefused(`token audiences ${JSON.stringify(held)} is invalid for the target audiences ${JSON.stringify(wanted)}`);
}

function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims["kubernetes.io"];
  const extra: Record<string, string[]> = {};
  if (claims.jti !== undefined) extra[extraKeys.credentialId] = [`JTI=${claims.jti}`];
  if (pod !== undefined) Object.assign(extra, { [extraKeys.podName]: [pod.name], [extraKeys.podUid]: [pod.uid] });
  if (node !== undefined) Object.assign(extra, { [extraKeys.nodeName]: [node.name], [extraKeys.nodeUid]: [node.uid] });
  return { name: serviceAccountUser(namespace, serviceaccount.name), uid: serviceaccount.uid, groups: serviceAccountGroups(namespace), extra };
}
