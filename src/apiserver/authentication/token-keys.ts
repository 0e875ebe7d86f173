/** Keys of service-account tokens: one signs, several verify, so that keys can be rotated. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

export interface TokenKey {
  /** base64url of the SHA-256 of the public key's DER, as Kubernetes names keys. */
  readonly id: string;
  readonly algorithm: "ES256" | "ES384" | "ES512" | "RS256";
  readonly publicKey: KeyObject;
}

export interface SigningKey extends TokenKey {
  readonly privateKey: KeyObject;
}

/** Reads a private key in PEM (PKCS #8, PKCS #1 or SEC 1). Errors never quote the key. */
export function signingKeyOf(pem: string): SigningKey {
  const privateKey = readKey(() => createPrivateKey(pem), "private");
  return { ...tokenKey(createPublicKey(privateKey)), privateKey };
}

/** Reads a public key or certificate in PEM; a private key gives its public half. */
export function verificationKeyOf(pem: string): TokenKey {
  return tokenKey(readKey(() => createPublicKey(pem), "public"));
}

function readKey(read: () => KeyObject, half: string): KeyObject {
  try {
    return read();
  } catch {
    // The cause is dropped on purpose: OpenSSL's text may hold parts of the input.
    throw new Error(`cannot load service account ${half} key: it is no key in PEM form`);
  }
}

function tokenKey(publicKey: KeyObject): TokenKey {
  const der = publicKey.export({ type: "spki", format: "der" });
  return { id: createHash("sha256").update(der).digest("base64url"), algorithm: algorithmOf(publicKey), publicKey };
}

const curveAlgorithms: Readonly<Record<string, TokenKey["algorithm"]>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

function algorithmOf(key: KeyObject): TokenKey["algorithm"] {
  if (key.asymmetricKeyType === "rsa") return "RS256";
  const algorithm = curveAlgorithms[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (algorithm === undefined) throw new Error(`cannot use service account key of type "${key.asymmetricKeyType}": it must be RSA or ECDSA`);
  return algorithm;
}
