/** Bootstrap tokens: secrets of kube-system that let a new node join (KEP-130, "TLS bootstrapping"). */
import { timingSafeEqual } from "node:crypto";
import { type Secret, secrets } from "../../api/core/v1/secret.ts";
import type { ObjectReader, UserInfo } from "../contract.ts";
import type { TokenUsers } from "./token-authenticator.ts";

const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const secretType = "bootstrap.kubernetes.io/token";
const bootstrappersGroup = "system:bootstrappers";

/** A secret that has expired, is being deleted or does not allow authentication counts as absent. */
export function bootstrapTokens(reader: ObjectReader, now: () => number): TokenUsers {
  return async (text) => {
    const match = tokenPattern.exec(text);
    if (match === null) return undefined;
    const [, id = "", token = ""] = match;
    const secret = reader.get(secrets, "kube-system", `bootstrap-token-${id}`);
    return secret === undefined || !accepts(secret, id, token, now()) ? undefined : userOf(secret, id);
  };
}

function accepts(secret: Secret, id: string, token: string, now: number): boolean {
  if (secret.type !== secretType || secret.metadata.deletionTimestamp !== undefined) return false;
  if (textOf(secret, "token-id") !== id || !sameText(textOf(secret, "token-secret"), token)) return false;
  if (textOf(secret, "usage-bootstrap-authentication") !== "true") return false;
  const expiration = textOf(secret, "expiration");
  return expiration === "" || Date.parse(expiration) > now;
}

function userOf(secret: Secret, id: string): UserInfo | undefined {
  const extra = textOf(secret, "auth-extra-groups")
    .split(",")
    .filter((group) => group !== "");
  if (!extra.every((group) => groupPattern.test(group))) return undefined;
  return { name: `system:bootstrap:${id}`, groups: [bootstrappersGroup, ...extra] };
}

function textOf(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? "", "base64").toString("utf8");
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
