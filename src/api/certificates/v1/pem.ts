/** PEM, PKCS #10 requests and certificates, as far as it takes to refuse what is none. Texts are those of Go's crypto where clients can meet them. */
import { constants, createPublicKey, verify, X509Certificate } from "node:crypto";

interface Block {
  readonly type: string;
  readonly headers: boolean;
  readonly bytes: Buffer;
}

const blockPattern = /-----BEGIN ([^-\n]*)-----\r?\n((?:[^\n:]+:[^\n]*\n)*)\r?\n?([A-Za-z0-9+/=\s]*)-----END \1-----/g;

function blocksOf(text: string): Block[] {
  return [...text.matchAll(blockPattern)].map(([, type = "", headers, body = ""]) => ({ type, headers: headers !== "", bytes: Buffer.from(body, "base64") }));
}

/** Why these bytes, as base64, are no request signed with the key it is about; undefined when they are. */
export function requestProblem(base64: string): string | undefined {
  const [block] = blocksOf(Buffer.from(base64, "base64").toString("latin1"));
  if (block?.type !== "CERTIFICATE REQUEST") return "PEM block type must be CERTIFICATE REQUEST";
  try {
    return signatureProblem(block.bytes);
  } catch (error) {
    if (error instanceof DerError || isCryptoError(error)) return `asn1: structure error: ${(error as Error).message}`;
    throw error;
  }
}

/** Why these bytes, as base64, are no chain of certificates; undefined when they are, or when there are none. */
export function certificateProblem(base64: string): string | undefined {
  if (base64 === "") return undefined;
  const blocks = blocksOf(Buffer.from(base64, "base64").toString("latin1"));
  for (const { type, headers, bytes } of blocks) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (headers) return "no PEM block headers are permitted";
    if (!isCertificate(bytes)) return "x509: malformed certificate";
  }
  return blocks.length === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}

function isCertificate(bytes: Buffer): boolean {
  try {
    return new X509Certificate(bytes).raw.length > 0;
  } catch (error) {
    if (isCryptoError(error)) return false;
    throw error;
  }
}

/** OpenSSL's errors, and node's about its arguments, have codes. */
function isCryptoError(error: unknown): boolean {
  return error instanceof Error && "code" in error;
}

class DerError extends Error {}

interface Element {
  readonly tag: number;
  /** With tag and length. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

const [sequenceTag, bitStringTag, objectIdTag] = [0x30, 0x03, 0x06];

/** The elements that follow one another in `bytes` (X.690, definite lengths only). */
function elementsOf(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes.subarray(at));
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

function elementAt(bytes: Buffer): Element {
  const [tag, first] = [bytes[0], bytes[1]];
  if (tag === undefined || first === undefined) throw new DerError("truncated element");
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) throw new DerError("bad length");
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) throw new DerError("truncated element");
  return { tag, whole: bytes.subarray(0, start + length), content: bytes.subarray(start, start + length) };
}

function expected(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new DerError(`tags don't match (${tag} vs ${element?.tag ?? "nothing"})`);
  return element;
}

interface Algorithm {
  readonly hash: string | undefined;
  readonly failure: string;
  readonly padding?: number;
}

const rsa = (hash: string): Algorithm => ({ hash, failure: "crypto/rsa: verification error" });
const ecdsa = (hash: string): Algorithm => ({ hash, failure: "x509: ECDSA verification failure" });

/** By object identifier, in hexadecimal of its content. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  "2a864886f70d010105": rsa("sha1"),
  "2a864886f70d01010b": rsa("sha256"),
  "2a864886f70d01010c": rsa("sha384"),
  "2a864886f70d01010d": rsa("sha512"),
  "2a8648ce3d0401": ecdsa("sha1"),
  "2a8648ce3d040302": ecdsa("sha256"),
  "2a8648ce3d040303": ecdsa("sha384"),
  "2a8648ce3d040304": ecdsa("sha512"),
  "2b6570": { hash: undefined, failure: "x509: Ed25519 verification failure" },
};
const pssIdentifier = "2a864886f70d01010a";
const pssHashes = { "608648016503040201": "sha256", "608648016503040202": "sha384", "608648016503040203": "sha512" };

/** RSASSA-PSS names its hash in its parameters. */
function algorithmOf(identifier: Element): Algorithm | undefined {
  const [oid] = elementsOf(identifier.content);
  const id = expected(oid, objectIdTag).content.toString("hex");
  if (id !== pssIdentifier) return Object.hasOwn(algorithms, id) ? algorithms[id] : undefined;
  const hash = Object.entries(pssHashes).find(([hex]) => identifier.content.includes(Buffer.from(hex, "hex")))?.[1];
  return hash === undefined ? undefined : { ...rsa(hash), padding: constants.RSA_PKCS1_PSS_PADDING };
}

/** RFC 2986: what is asked for, the algorithm, and the signature over the former with the key in it. */
function signatureProblem(der: Buffer): string | undefined {
  const [request, ...rest] = elementsOf(der);
  if (rest.length > 0) return "asn1: syntax error: trailing data";
  const [info, identifier, signature] = elementsOf(expected(request, sequenceTag).content);
  const [, , publicKey] = elementsOf(expected(info, sequenceTag).content);
  const spki = expected(publicKey, sequenceTag).whole;
  const algorithm = algorithmOf(expected(identifier, sequenceTag));
  if (algorithm === undefined) return "x509: cannot verify signature: algorithm unimplemented";
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  const { hash, padding, failure } = algorithm;
  const bits = expected(signature, bitStringTag).content.subarray(1);
  return verify(hash, info!.whole, padding === undefined ? key : { key, padding }, bits) ? undefined : failure;
}
