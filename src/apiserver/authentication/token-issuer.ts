/** serviceaccounts/token: issues bound service-account tokens (KEP-1205, KEP-4193). */
import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { type TokenRequest, tokenRequest } from "../../api/authentication/v1/token-request.ts";
import { type Node, nodes } from "../../api/core/v1/node.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { secrets } from "../../api/core/v1/secret.ts";
import { type ServiceAccount, serviceAccounts } from "../../api/core/v1/service-account.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { parseApiVersion } from "../../machinery/object.ts";
import { badRequest, conflict, type FieldError, fieldError, invalid, notFound } from "../../machinery/status.ts";
import type { ObjectReader, ObjectRequest, SubresourceHandler } from "../contract.ts";
import { serviceAccountUser } from "./groups.ts";
import type { KubernetesClaim, ObjectClaim, TokenClaims } from "./token-claims.ts";
import type { SigningKey } from "./token-keys.ts";

export interface TokenIssuerOptions {
  /** The `iss` claim, an https URL; discovery documents are served below it. */
  readonly issuer: string;
  readonly key: SigningKey;
  /** Audiences of tokens whose request names none. */
  readonly audiences: readonly string[];
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Upper bound of a token's life; unlimited when absent. */
  readonly maxExpirationSeconds?: number;
  /** Gives pods' API tokens a year, with a warning after the hour they asked for (--service-account-extend-token-expiration). */
  readonly extendExpiration?: boolean;
}

const minExpirationSeconds = 600;
const defaultExpirationSeconds = 3600;
/** Upstream's limit: 2^32 seconds. */
const longestExpirationSeconds = 2 ** 32;
/** What the ServiceAccount admission plugin asks for; only such requests are extended. */
export const injectedExpirationSeconds = 3607;
const extendedExpirationSeconds = 24 * 365 * 3600;
const handlerKind = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" } as const;

export function tokenRequestHandler(options: TokenIssuerOptions): SubresourceHandler {
  return {
    definition: serviceAccounts,
    subresource: "token",
    kind: handlerKind,
    verbs: ["create"],
    body: tokenRequest,
    handle: (request) => issueToken(request, options),
  };
}

async function issueToken(request: ObjectRequest, options: TokenIssuerOptions): Promise<TokenRequest> {
  const { namespace, name } = request.info;
  const body = defaulted(request.body as TokenRequest | undefined, options);
  checkName(body, name);
  const account = await options.reader.getFresh(serviceAccounts, namespace, name);
  if (account === undefined) throw notFound({ group: "", resource: "serviceaccounts" }, name);
  checkUid(body, account);
  const errors = expirationErrors(body);
  if (errors.length > 0) throw invalid("authentication.k8s.io", "TokenRequest", "", errors);
  const bound = await boundObject(body, account, options.reader);
  const claims = claimsOf(body, account, bound, options);
  const token = request.dryRun ? "" : await sign(claims, options.key);
  request.annotate("authentication.kubernetes.io/issued-credential-id", `JTI=${claims.jti}`);
  const metadata = { ...body.metadata, name, namespace, uid: account.metadata.uid, creationTimestamp: timeText(claims.iat) };
  return { ...body, metadata, status: { token, expirationTimestamp: timeText(claims.exp) } };
}

/** Fills in audiences and expiration. A null spec is an empty one: `kubectl create token` and client-go send both. */
function defaulted(body: TokenRequest | undefined, options: TokenIssuerOptions): TokenRequest {
  const spec = body?.spec ?? {};
  const audiences = spec.audiences === undefined || spec.audiences.length === 0 ? [...options.audiences] : spec.audiences;
  return {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { ...body?.metadata } as TokenRequest["metadata"],
    spec: { ...spec, audiences, expirationSeconds: spec.expirationSeconds ?? defaultExpirationSeconds },
  };
}

function checkName({ metadata }: TokenRequest, name: string): void {
  const asked = metadata.name ?? "";
  if (asked === "" || asked === name) return;
  const errors = [fieldError.invalid("metadata.name", asked, "must match the service account name if specified")];
  throw invalid("authentication.k8s.io", "TokenRequest", name, errors);
}

/** A token for an account that has come after the one meant would be somebody else's. */
function checkUid({ metadata }: TokenRequest, { metadata: { name, uid } }: ServiceAccount): void {
  const asked = metadata.uid ?? "";
  if (asked === "" || asked === uid) return;
  const reason = `the UID in the token request (${asked}) does not match the UID of the service account (${uid})`;
  throw conflict({ group: "authentication.k8s.io", resource: "TokenRequest" }, name, reason);
}

function expirationErrors({ spec }: TokenRequest): readonly FieldError[] {
  const seconds = spec.expirationSeconds ?? 0;
  if (seconds < minExpirationSeconds) return [fieldError.invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")];
  if (seconds > longestExpirationSeconds) return [fieldError.invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")];
  return [];
}

type BoundClaims = Pick<KubernetesClaim, "pod" | "secret" | "node">;

/** The claims of the object the token's life is tied to, after checking that it is the one the client means. */
async function boundObject(body: TokenRequest, account: ServiceAccount, reader: ObjectReader): Promise<BoundClaims> {
  const reference = body.spec.boundObjectRef;
  if (reference === undefined) return {};
  const { group, version } = parseApiVersion(reference.apiVersion ?? "");
  const name = reference.name ?? "";
  if (group === "" && name === "" && ["Pod", "Secret", "Node"].includes(reference.kind ?? "")) throw badRequest("Name parameter required.");
  const namespace = account.metadata.namespace ?? "";
  if (group === "" && reference.kind === "Pod") return podClaims(name, reference.uid, account, reader);
  if (group === "" && reference.kind === "Secret") {
    return { secret: claimOf(await reader.getFresh(secrets, namespace, name), "secrets", "Secret", name, reference.uid) };
  }
  if (group === "" && reference.kind === "Node") {
    return { node: claimOf(await reader.getFresh(nodes, "", name), "nodes", "Node", name, reference.uid) };
  }
  throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${reference.kind ?? ""}`);
}

async function podClaims(name: string, uid: string | undefined, account: ServiceAccount, reader: ObjectReader): Promise<BoundClaims> {
  const pod = await reader.getFresh(pods, account.metadata.namespace ?? "", name);
  if (pod !== undefined && pod.spec.serviceAccountName !== account.metadata.name) {
    throw badRequest(`cannot bind token for serviceaccount "${account.metadata.name}" to pod running with different serviceaccount name.`);
  }
  const claim = claimOf(pod, "pods", "Pod", name, uid);
  const nodeName = pod?.spec?.nodeName ?? "";
  if (nodeName === "") return { pod: claim };
  return { pod: claim, node: nodeClaim(nodeName, reader.get(nodes, "", nodeName)) };
}

/** A pod may outlive its Node object: the claim then has no uid, as upstream. */
function nodeClaim(name: string, node: Node | undefined): ObjectClaim {
  return { name, uid: node?.metadata.uid ?? "" };
}

function claimOf(object: KubeObject | undefined, resource: string, kind: string, name: string, expectedUid: string | undefined): ObjectClaim {
  if (object === undefined) throw notFound({ group: "", resource }, name);
  const { uid } = object.metadata;
  if (expectedUid !== undefined && expectedUid !== "" && uid !== expectedUid) {
    const reason = `the UID in the bound object reference (${expectedUid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: "", resource: kind }, name, reason);
  }
  return { name, uid };
}

function claimsOf(body: TokenRequest, account: ServiceAccount, bound: BoundClaims, options: TokenIssuerOptions): TokenClaims & { jti: string } {
  const now = Math.floor(options.now() / 1000);
  const asked = Math.min(body.spec.expirationSeconds ?? defaultExpirationSeconds, options.maxExpirationSeconds ?? Number.POSITIVE_INFINITY);
  const audiences = body.spec.audiences ?? [];
  const extends_ = (options.extendExpiration ?? true) && bound.pod !== undefined && asked === injectedExpirationSeconds && forThisServer(audiences, options);
  const { name, namespace = "", uid } = account.metadata;
  return {
    iss: options.issuer,
    sub: serviceAccountUser(namespace, name),
    aud: audiences,
    exp: now + (extends_ ? Math.min(extendedExpirationSeconds, options.maxExpirationSeconds ?? extendedExpirationSeconds) : asked),
    nbf: now,
    iat: now,
    jti: randomUUID(),
    "kubernetes.io": { namespace, serviceaccount: { name, uid }, ...bound, ...(extends_ ? { warnafter: now + asked } : {}) },
  };
}

function forThisServer(audiences: readonly string[], options: TokenIssuerOptions): boolean {
  return audiences.every((audience) => options.audiences.includes(audience));
}

function sign(claims: TokenClaims, key: SigningKey): Promise<string> {
  return new SignJWT({ ...claims, aud: [...claims.aud] }).setProtectedHeader({ alg: key.algorithm, kid: key.id }).sign(key.privateKey);
}

/** Seconds since the epoch as RFC 3339 without fractions. */
function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}
