/**
 * The providers of encryption at rest. Bytes are those of kube-apiserver: `k8s:enc:<provider>:v1:<key name>:`, then for
 * aescbc IV and PKCS#7-padded ciphertext, for aesgcm nonce, ciphertext and tag with the store's key as authenticated data,
 * for secretbox nonce, tag and ciphertext.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { openBox, sealBox } from "./secretbox.ts";

export interface NamedKey {
  readonly name: string;
  readonly secret: Uint8Array;
}

export interface ValueTransformer {
  /** What its values begin with; empty for identity, which takes what no other prefix fits. */
  readonly prefix: Buffer;
  encrypt(value: Uint8Array, storeKey: string): Uint8Array;
  /** `value` begins with the prefix. Throws when it was encrypted with another key, or belongs to another store key. */
  decrypt(value: Uint8Array, storeKey: string): Uint8Array;
}

/** Of every encrypted value, whatever the provider. */
export const encryptedPrefix = Buffer.from("k8s:enc:");

export const identity: ValueTransformer = { prefix: Buffer.alloc(0), encrypt: (value) => value, decrypt: (value) => value };

const ivBytes = 16;

export function aescbc({ name, secret }: NamedKey): ValueTransformer {
  const prefix = Buffer.from(`k8s:enc:aescbc:v1:${name}:`);
  const algorithm = `aes-${secret.length * 8}-cbc`;
  return {
    prefix,
    encrypt(value) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, secret, iv);
      return Buffer.concat([prefix, iv, cipher.update(value), cipher.final()]);
    },
    decrypt(value) {
      const body = value.subarray(prefix.length);
      const decipher = createDecipheriv(algorithm, secret, body.subarray(0, ivBytes));
      return Buffer.concat([decipher.update(body.subarray(ivBytes)), decipher.final()]);
    },
  };
}

const nonceBytes = 12;
const tagBytes = 16;

export function aesgcm({ name, secret }: NamedKey): ValueTransformer {
  const prefix = Buffer.from(`k8s:enc:aesgcm:v1:${name}:`);
  const algorithm = `aes-${secret.length * 8}-gcm` as "aes-256-gcm";
  return {
    prefix,
    encrypt(value, storeKey) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, secret, nonce).setAAD(Buffer.from(storeKey));
      return Buffer.concat([prefix, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
    },
    decrypt(value, storeKey) {
      const body = value.subarray(prefix.length);
      const tagAt = body.length - tagBytes;
      if (tagAt < nonceBytes) throw new Error("the value is too short");
      const decipher = createDecipheriv(algorithm, secret, body.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(storeKey)).setAuthTag(body.subarray(tagAt));
      return Buffer.concat([decipher.update(body.subarray(nonceBytes, tagAt)), decipher.final()]);
    },
  };
}

const boxNonceBytes = 24;

export function secretbox({ name, secret }: NamedKey): ValueTransformer {
  const prefix = Buffer.from(`k8s:enc:secretbox:v1:${name}:`);
  return {
    prefix,
    encrypt(value) {
      const nonce = randomBytes(boxNonceBytes);
      return Buffer.concat([prefix, nonce, sealBox(value, nonce, secret)]);
    },
    decrypt(value) {
      const body = value.subarray(prefix.length);
      return openBox(body.subarray(boxNonceBytes), body.subarray(0, boxNonceBytes), secret);
    },
  };
}
