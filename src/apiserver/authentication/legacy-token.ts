/** Tokens of before v1.24: no expiry, no audience, kept in a Secret of type kubernetes.io/service-account-token. */
import { secrets } from "../../api/core/v1/secret.ts";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import type { ObjectReader, UserInfo } from "../contract.ts";
import { serviceAccountGroups, serviceAccountUser } from "./groups.ts";
import { TokenRefused } from "./token-refused.ts";
import type { Payload } from "./token-signature.ts";

export const legacyIssuer = "kubernetes/serviceaccount";
export const claimPrefix = "kubernetes.io/serviceaccount/";
const invalidSinceLabel = "kubernetes.io/legacy-token-invalid-since";

/** The account, as long as it and the Secret with this very token exist. `payload`'s signature is good. */
export function legacyUser(token: string, payload: Payload, reader: ObjectReader): UserInfo {
  const [namespace, account, uid, secretName] = ["namespace", "service-account.name", "service-account.uid", "secret.name"].map((claim) =>
    textClaim(payload, `${claimPrefix}${claim}`),
  ) as [string, string, string, string];
  if (payload["sub"] !== serviceAccountUser(namespace, account)) throw new TokenRefused("sub claim is invalid");
  const found = reader.get(serviceAccounts, namespace, account);
  if (found === undefined || found.metadata.uid !== uid) throw new TokenRefused("service account token has been invalidated");
  const secret = reader.get(secrets, namespace, secretName);
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) throw new TokenRefused("service account token has been invalidated");
  if (Buffer.from(secret.data?.["token"] ?? "", "base64").toString("utf8") !== token) throw new TokenRefused("token does not match server's copy");
  if ((secret.metadata.labels?.[invalidSinceLabel] ?? "") !== "")
    throw new TokenRefused(`the token in secret ${namespace}/${secretName} has been marked invalid`);
  return { name: serviceAccountUser(namespace, account), uid, groups: serviceAccountGroups(namespace) };
}

function textClaim(payload: Payload, name: string): string {
  const value = payload[name];
  if (typeof value !== "string" || value === "") throw new TokenRefused(`${name.slice(claimPrefix.length)} claim is missing`);
  return value;
}
