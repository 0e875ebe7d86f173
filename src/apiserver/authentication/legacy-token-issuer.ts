/** Issues what legacy-token.ts verifies: tokens that live as long as the Secret that holds them. */
import { SignJWT } from "jose";
import type { ServiceAccount } from "../../api/core/v1/service-account.ts";
import { serviceAccountUser } from "./groups.ts";
import { claimPrefix, legacyIssuer } from "./legacy-token.ts";
import type { SigningKey } from "./token-keys.ts";

export function issueLegacyToken({ metadata: { name, namespace = "", uid } }: ServiceAccount, secretName: string, key: SigningKey): Promise<string> {
  const claims = {
    iss: legacyIssuer,
    sub: serviceAccountUser(namespace, name),
    [`${claimPrefix}namespace`]: namespace,
    [`${claimPrefix}secret.name`]: secretName,
    [`${claimPrefix}service-account.name`]: name,
    [`${claimPrefix}service-account.uid`]: uid,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: key.algorithm, kid: key.id }).sign(key.privateKey);
}
