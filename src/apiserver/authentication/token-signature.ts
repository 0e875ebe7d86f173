/** Signatures of service-account tokens: checked once a token, remembered by digest. */
import { createHash } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
import type { TokenKey } from "./token-keys.ts";

const maxRememberedTokens = 4096;

export type Payload = Readonly<Record<string, unknown>>;

export class TokenSignatures {
  readonly #keys: readonly TokenKey[];
  /** Payloads of tokens whose signature was found good; insertion order is age. */
  readonly #remembered = new Map<string, Payload>();

  constructor(keys: readonly TokenKey[]) {
    this.#keys = keys;
  }

  /** The payload, times unchecked; undefined when none of our keys signed it. */
  async verify(token: string): Promise<Payload | undefined> {
    const digest = createHash("sha256").update(token).digest("base64");
    const known = this.#remembered.get(digest) ?? (await this.#check(token));
    if (known !== undefined) this.#remember(digest, known);
    return known;
  }

  /** Tries the key the header names, or every key when it names none of ours. */
  async #check(token: string): Promise<Payload | undefined> {
    const { kid, alg } = decodeProtectedHeader(token);
    const named = this.#keys.filter((key) => key.id === kid);
    const candidates = (named.length === 0 ? this.#keys : named).filter((key) => key.algorithm === alg);
    for (const key of candidates) {
      const payload = await signedPayload(token, key);
      if (payload !== undefined) return payload;
    }
    return undefined;
  }

  #remember(digest: string, payload: Payload): void {
    if (this.#remembered.has(digest)) return;
    if (this.#remembered.size >= maxRememberedTokens) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(digest, payload);
  }
}

/** Whose token this claims to be; undefined when it is no JWT at all. */
export function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    // Some other authenticator's token.
    return undefined;
  }
}

/** Undefined when another key signed it. The caller checks times, with the leeway and words of Kubernetes. */
async function signedPayload(token: string, key: TokenKey): Promise<Payload | undefined> {
  try {
    const { payload } = await jwtVerify(token, key.publicKey, { algorithms: [key.algorithm], clockTolerance: Number.MAX_SAFE_INTEGER });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
