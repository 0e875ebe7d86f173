/** NaCl's secretbox, XSalsa20 with Poly1305, which kube-apiserver's provider of that name writes. node:crypto does not have it. */
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";

const tagBytes = 16;

/** Tag and ciphertext. `nonce` has 24 bytes and must not be used twice, `key` has 32. */
export function sealBox(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  return xsalsa20poly1305(key, nonce).encrypt(message);
}

/** Throws where the key does not fit, or the box has been changed. */
export function openBox(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  if (box.length < tagBytes) throw new Error("the value is too short");
  try {
    return xsalsa20poly1305(key, nonce).decrypt(box);
  } catch (error) {
    throw new Error("the value was not sealed with this key", { cause: error });
  }
}
