/** What a service-account token says (k8s.io/kubernetes/pkg/serviceaccount): made by the issuer, read by the verifier. */

export interface ObjectClaim {
  readonly name: string;
  readonly uid: string;
}

/** The private claim `kubernetes.io`. At most one of pod, secret and a lone node binds the token's life. */
export interface KubernetesClaim {
  readonly namespace: string;
  readonly serviceaccount: ObjectClaim;
  readonly pod?: ObjectClaim;
  readonly secret?: ObjectClaim;
  readonly node?: ObjectClaim;
  /** Seconds since the epoch: the projected token is older than its volume asked for (extended expiration). */
  readonly warnafter?: number;
}

/** Times are seconds since the epoch. */
export interface TokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly nbf: number;
  readonly iat: number;
  readonly jti?: string;
  readonly "kubernetes.io": KubernetesClaim;
}

/** Checks the shape of a verified payload. Undefined when it is not a bound service-account token. */
export function parseClaims(payload: Readonly<Record<string, unknown>>): TokenClaims | undefined {
  const kubernetes = payload["kubernetes.io"];
  if (!isRecord(kubernetes) || !isObjectClaim(kubernetes["serviceaccount"])) return undefined;
  if (typeof payload["exp"] !== "number" || typeof payload["iss"] !== "string" || typeof kubernetes["namespace"] !== "string") return undefined;
  for (const bound of ["pod", "secret", "node"]) if (kubernetes[bound] !== undefined && !isObjectClaim(kubernetes[bound])) return undefined;
  const audience = payload["aud"];
  return {
    ...(payload as unknown as TokenClaims),
    aud: typeof audience === "string" ? [audience] : Array.isArray(audience) ? audience.filter((item) => typeof item === "string") : [],
  };
}

function isObjectClaim(value: unknown): value is ObjectClaim {
  return isRecord(value) && typeof value["name"] === "string" && typeof value["uid"] === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
