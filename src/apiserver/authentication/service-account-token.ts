/**
 * Verifies service-account tokens: signature and times first, then that everything the token is bound to still
 * exists. The signature of a token is checked once; the rest with every request, from the watch cache, so that
 * deleting a pod or an account revokes its tokens at once.
 */
import { createHash } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
import { nodes } from "../../api/core/v1/node.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { secrets } from "../../api/core/v1/secret.ts";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { unauthorized } from "../../machinery/status.ts";
import type { Authenticator, ObjectReader, UserInfo } from "../contract.ts";
import { extraKeys, serviceAccountGroups, serviceAccountUser } from "./groups.ts";
import { bearerToken } from "./headers.ts";
import { type ObjectClaim, parseClaims, type TokenClaims } from "./token-claims.ts";
import type { TokenKey } from "./token-keys.ts";

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

export interface VerifiedToken {
  readonly user: UserInfo;
  /** Those of the requested audiences that the token has. */
  readonly audiences: readonly string[];
  readonly claims: TokenClaims;
}

/** Something deleted this recently still counts, so that a terminating pod can say goodbye (go-jose's leeway). */
const deletionLeewayMs = 60_000;
const clockLeewayMs = 60_000;
const maxRememberedTokens = 4096;

export class ServiceAccountTokenVerifier {
  readonly #options: TokenVerifierOptions;
  /** Claims of tokens whose signature was found good, by digest; insertion order is age. */
  readonly #remembered = new Map<string, TokenClaims>();

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /** `audiences` empty means this API server's. Undefined for a token of another issuer; throws an Error with the reason for a bad one. */
  async verify(token: string, audiences: readonly string[] = []): Promise<VerifiedToken | undefined> {
    const claims = await this.#claims(token);
    if (claims === undefined) return undefined;
    this.#checkTimes(claims);
    const wanted = audiences.length === 0 ? this.#options.audiences : audiences;
    const matching = wanted.filter((audience) => claims.aud.includes(audience));
    if (matching.length === 0)
      throw new TokenRefused(`token audiences ${JSON.stringify(claims.aud)} is invalid for the target audiences ${JSON.stringify(wanted)}`);
    this.#checkBoundObjects(claims);
    return { user: userOf(claims), audiences: matching, claims };
  }

  async #claims(token: string): Promise<TokenClaims | undefined> {
    const key = createHash("sha256").update(token).digest("base64");
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) return remembered;
    const issuer = issuerOf(token);
    if (issuer === undefined || !this.#options.issuers.includes(issuer)) return undefined;
    const claims = parseClaims(await this.#verifySignature(token));
    if (claims === undefined) throw new TokenRefused("service account token claims could not be validated");
    this.#remember(key, claims);
    return claims;
  }

  /** Tries the key the header names, or every key when it names none of ours. */
  async #verifySignature(token: string): Promise<Record<string, unknown>> {
    const { kid, alg } = decodeProtectedHeader(token);
    const named = this.#options.keys.filter((key) => key.id === kid);
    const candidates = (named.length === 0 ? this.#options.keys : named).filter((key) => key.algorithm === alg);
    for (const key of candidates) {
      const payload = await signedPayload(token, key, this.#options.now());
      if (payload !== undefined) return payload;
    }
    throw new TokenRefused("invalid signature");
  }

  #remember(key: string, claims: TokenClaims): void {
    if (this.#remembered.size >= maxRememberedTokens) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(key, claims);
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

/** The token is ours, but not to be accepted; the message goes into TokenReview.status.error. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

/** The verifier as one authenticator of the chain. */
export function serviceAccountAuthenticator(verifier: ServiceAccountTokenVerifier): Authenticator {
  return {
    async authenticate({ headers }) {
      const token = bearerToken(headers);
      if (token === undefined) return undefined;
      try {
        return (await verifier.verify(token))?.user;
      } catch (error) {
        if (error instanceof TokenRefused) throw unauthorized();
        throw error;
      }
    },
  };
}

/** Undefined when another key signed it. Times are checked by #checkTimes, with the leeway and words of Kubernetes. */
async function signedPayload(token: string, key: TokenKey, now: number): Promise<Record<string, unknown> | undefined> {
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: [key.algorithm],
      currentDate: new Date(now),
      clockTolerance: Number.MAX_SAFE_INTEGER,
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    // Not a JWT at all: some other authenticator's token.
    return undefined;
  }
}

function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims["kubernetes.io"];
  const extra: Record<string, string[]> = {};
  if (claims.jti !== undefined) extra[extraKeys.credentialId] = [`JTI=${claims.jti}`];
  if (pod !== undefined) Object.assign(extra, { [extraKeys.podName]: [pod.name], [extraKeys.podUid]: [pod.uid] });
  if (node !== undefined) Object.assign(extra, { [extraKeys.nodeName]: [node.name], [extraKeys.nodeUid]: [node.uid] });
  return { name: serviceAccountUser(namespace, serviceaccount.name), uid: serviceaccount.uid, groups: serviceAccountGroups(namespace), extra };
}
