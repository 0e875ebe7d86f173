/** ID tokens of one issuer (OpenID Connect Core 1.0, 3.1.3.7), as k8s.io/apiserver's oidc authenticator takes them. */
import { createHash } from "node:crypto";
import { compactVerify, errors } from "jose";
import { parseJson } from "../../../machinery/json-codec.ts";
import type { UserInfo } from "../../contract.ts";
import { ExpiringCache } from "../../remote/expiring-cache.ts";
import type { JwtAuthenticatorConfiguration } from "../authentication-configuration.ts";
import { TokenRefused } from "../token-refused.ts";
import { issuerOf, type Payload } from "../token-signature.ts";
import { userOfClaims } from "./claims.ts";
import { IssuerKeys, type IssuerKeysOptions, type KeySet } from "./issuer-keys.ts";

export type OidcOptions = Omit<IssuerKeysOptions, "issuer" | "discoveryURL">;

const algorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];
/** go-oidc's, for clocks that are apart; there is none for the expiry. */
const notBeforeLeewayMs = 5 * 60_000;
const maxRemembered = 4096;
/** How long a good signature is taken for granted; keys that change end it earlier. */
const rememberedMs = 10 * 60_000;

export class OidcAuthenticator {
  readonly #configuration: JwtAuthenticatorConfiguration;
  readonly #keys: IssuerKeys;
  readonly #now: () => number;
  /** By digest of the token: payloads whose signature is good. */
  readonly #verified: ExpiringCache<{ readonly payload: Payload; readonly generation: number }>;

  constructor(configuration: JwtAuthenticatorConfiguration, options: OidcOptions) {
    const { url, discoveryURL } = configuration.issuer;
    this.#configuration = configuration;
    this.#keys = new IssuerKeys({ ...options, issuer: url, discoveryURL });
    this.#now = () => options.clock.now();
    this.#verified = new ExpiringCache(this.#now, maxRemembered);
  }

  /** Undefined for tokens of other issuers; throws TokenRefused. */
  async userOf(token: string): Promise<UserInfo | undefined> {
    const { issuer } = this.#configuration;
    if (issuerOf(token) !== issuer.url) return undefined;
    const payload = await this.#verify(token);
    this.#checkTimes(payload);
    checkAudience(payload, issuer.audiences);
    return userOfClaims(payload, this.#configuration);
  }

  async #verify(token: string): Promise<Payload> {
    const keys = this.#keys.current;
    if (keys === undefined) throw new TokenRefused("oidc: authenticator not initialized");
    const digest = createHash("sha256").update(token).digest("base64");
    const known = this.#verified.get(digest);
    if (known?.generation === this.#keys.generation) return known.payload;
    const payload = (await verifiedBy(keys, token)) ?? (await this.#verifyAnew(keys, token));
    this.#verified.set(digest, { payload, generation: this.#keys.generation }, rememberedMs);
    return payload;
  }

  /** The issuer may have a key that we do not know yet. */
  async #verifyAnew(keys: KeySet, token: string): Promise<Payload> {
    const renewed = await this.#keys.renewed().catch((error: unknown) => {
      throw new TokenRefused(`oidc: verify token: failed to verify signature: fetching keys ${error instanceof Error ? error.message : String(error)}`);
    });
    const payload = renewed === undefined || renewed === keys ? undefined : await verifiedBy(renewed, token);
    if (payload === undefined) throw new TokenRefused("oidc: verify token: failed to verify signature: failed to verify id token signature");
    return payload;
  }

  #checkTimes({ exp, nbf }: Payload): void {
    const now = this.#now();
    if (typeof exp !== "number" || now >= exp * 1000) throw new TokenRefused("oidc: verify token: oidc: token is expired");
    if (typeof nbf === "number" && now < nbf * 1000 - notBeforeLeewayMs) {
      throw new TokenRefused("oidc: verify token: oidc: current time is before the nbf (not before) time");
    }
  }
}

function checkAudience({ aud }: Payload, wanted: readonly string[]): void {
  const held = typeof aud === "string" ? [aud] : Array.isArray(aud) ? aud : [];
  if (wanted.some((audience) => held.includes(audience))) return;
  throw new TokenRefused(`oidc: verify token: oidc: expected audience in ${JSON.stringify(wanted)} got ${JSON.stringify(held)}`);
}

/** Undefined when none of the keys has signed it. Throws TokenRefused for an algorithm that nobody may use. */
async function verifiedBy(keys: KeySet, token: string): Promise<Payload | undefined> {
  try {
    return payloadOf((await compactVerify(token, keys, { algorithms })).payload);
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return verifiedByOneOf(error, token);
    if (error instanceof errors.JOSEAlgNotAllowed) throw new TokenRefused("oidc: verify token: oidc: id token signed with unsupported algorithm");
    if (error instanceof errors.JOSEError) return undefined;
    // A key that is too short, a payload that is no JSON: the issuer's doing, and no failure of this server.
    throw new TokenRefused(`oidc: verify token: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The token names no key, and several would fit. */
async function verifiedByOneOf(candidates: InstanceType<typeof errors.JWKSMultipleMatchingKeys>, token: string): Promise<Payload | undefined> {
  for await (const key of candidates) {
    try {
      return payloadOf((await compactVerify(token, key, { algorithms })).payload);
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw new TokenRefused(`oidc: verify token: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return undefined;
}

function payloadOf(bytes: Uint8Array): Payload {
  return parseJson(bytes) as Payload;
}
