/** OIDC discovery of the service-account issuer (KEP-1393): lets others verify this cluster's tokens. */
import { methodNotAllowed, PageNotFoundError } from "../../machinery/status.ts";
import type { RouteHandler } from "../contract.ts";
import type { TokenKey } from "./token-keys.ts";

export interface DiscoveryOptions {
  readonly issuer: string;
  /** Where verifiers find the keys; by default /openid/v1/jwks of the issuer's own host. */
  readonly jwksUri?: string;
  readonly keys: readonly TokenKey[];
}

const cacheControl = "public, max-age=3600";

export function discoveryRoutes(options: DiscoveryOptions): RouteHandler[] {
  const configuration = JSON.stringify(openidConfiguration(options));
  const keys = JSON.stringify(jwks(options.keys));
  return [
    ...documents("/.well-known/openid-configuration", "application/json", configuration),
    ...documents("/openid/v1/jwks", "application/jwk-set+json", keys),
  ];
}

/** OpenID Connect Discovery 1.0 section 3, the fields that Kubernetes fills. */
export function openidConfiguration({ issuer, jwksUri, keys }: DiscoveryOptions): object {
  return {
    issuer,
    jwks_uri: jwksUri ?? `${issuer.replace(/\/$/, "")}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))],
  };
}

/** RFC 7517. Public halves only. */
export function jwks(keys: readonly TokenKey[]): { keys: object[] } {
  return { keys: keys.map((key) => ({ use: "sig", ...key.publicKey.export({ format: "jwk" }), kid: key.id, alg: key.algorithm })) };
}

/** With and without a slash at the end, but nothing below. */
function documents(path: string, contentType: string, text: string): RouteHandler[] {
  const serve: RouteHandler["serve"] = async ({ info, method, response }) => {
    if (info.path !== path && info.path !== `${path}/`) throw new PageNotFoundError();
    if (method !== "GET") throw methodNotAllowed();
    response.start(200, { "content-type": contentType, "cache-control": cacheControl });
    await response.end(text);
  };
  return [
    { path, serve },
    { path: `${path}/`, serve },
  ];
}
