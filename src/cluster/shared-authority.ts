/**
 * What all control planes on one etcd must have in common: the cluster's authorities, the key of its service-account tokens
 * and the ranges of its addresses. The first control plane makes them and leaves them in the store; later ones take them from
 * there, so nothing is copied between machines but a token. Keys lie there encrypted (AES-256-GCM) under a key derived from
 * that token (scrypt, RFC 7914): whoever reads the etcd or its backups does not get the cluster's authority.
 *
 * The record lies among the cluster's objects, so that snapshots and moves to another etcd take it along.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { prefixEnd, type Store } from "../storage/store.ts";
import type { KeyPair } from "./certificates.ts";

/** Keys that make a cluster: who has them is the cluster. */
export interface SharedAuthority {
  readonly ca: KeyPair;
  readonly frontProxyCa: KeyPair;
  /** PEM. Signs service-account tokens. */
  readonly serviceAccountKey: string;
}

/** Not secret, the same for all. */
export interface SharedSettings {
  readonly serviceSubnet: string;
  readonly podSubnet: string;
  readonly clusterDomain: string;
}

export interface Agreement {
  readonly authority: SharedAuthority;
  readonly settings: SharedSettings;
  /** This control plane was the first. */
  readonly founded: boolean;
}

export interface AgreeOptions {
  readonly token: string;
  /** Of a new cluster. */
  readonly settings: SharedSettings;
  /** Of a new cluster; asked only when the store holds none. */
  readonly found: () => Promise<SharedAuthority>;
  /** The caller has this cluster's authority already, so objects without a record are its own: it has moved to this etcd. */
  readonly movedHere: boolean;
}

interface SharedRecord {
  readonly version: 1;
  readonly settings: SharedSettings;
  /** Parameters of scrypt; the salt, like all bytes here, in base64. */
  readonly scrypt: { readonly N: number; readonly r: number; readonly p: number; readonly salt: string };
  readonly nonce: string;
  /** A SharedAuthority as JSON, encrypted, the tag of GCM at its end. `settings` are authenticated with it. */
  readonly sealed: string;
}

const objectsPrefix = "/registry/";
export const sharedAuthorityKey = `${objectsPrefix}coracle.io/control-planes/authority`;

/** 32 MB and 0.1 s for each guess at a token. */
const cost = { N: 2 ** 15, r: 8, p: 1 } as const;
const tagBytes = 16;

/** Throws when the token is not the one the cluster was founded with, or the store holds a cluster of `coracle up`. */
export async function agreeOnAuthority(store: Store, options: AgreeOptions): Promise<Agreement> {
  for (;;) {
    const record = await readRecord(store);
    if (record !== undefined) return { authority: await unseal(record, options.token), settings: record.settings, founded: false };
    if (!options.movedHere) await refuseStrangers(store);
    const authority = await options.found();
    if (await writeRecord(store, await seal(authority, options.settings, options.token))) return { authority, settings: options.settings, founded: true };
    // Another was first.
  }
}

/** Whether control planes share this store. */
export async function isShared(store: Store): Promise<boolean> {
  return (await store.range({ start: sharedAuthorityKey, countOnly: true })).count > 0;
}

/** For `coracle up`, whose components ask nobody before they act. */
export async function refuseShared(store: Store): Promise<void> {
  if (await isShared(store)) throw new Error("cannot use this etcd: control planes of `coracle server` share it, and `coracle up` shares with nobody");
}

async function refuseStrangers(store: Store): Promise<void> {
  const { count } = await store.range({ start: objectsPrefix, end: prefixEnd(objectsPrefix), countOnly: true });
  if (count === 0) return;
  throw new Error(
    `cannot begin a cluster in this etcd: it holds the ${count} objects of another one, which was not made by \`coracle server\`; ` +
      "give this cluster an etcd of its own",
  );
}

async function readRecord(store: Store): Promise<SharedRecord | undefined> {
  const [kv] = (await store.range({ start: sharedAuthorityKey })).kvs;
  if (kv === undefined) return undefined;
  const record = JSON.parse(Buffer.from(kv.value).toString()) as SharedRecord;
  if (record.version !== 1) throw new Error(`cannot join the cluster in this etcd: a newer Coracle made it (record version ${record.version})`);
  return record;
}

/** False when there is one already. */
async function writeRecord(store: Store, record: SharedRecord): Promise<boolean> {
  const key = sharedAuthorityKey;
  const value = Buffer.from(JSON.stringify(record));
  const { succeeded } = await store.txn({ compare: [{ key, modRevision: 0 }], success: [{ type: "put", key, value }], failure: [] });
  return succeeded;
}

async function seal(authority: SharedAuthority, settings: SharedSettings, token: string): Promise<SharedRecord> {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const { serviceSubnet, podSubnet, clusterDomain } = settings;
  const cipher = createCipheriv("aes-256-gcm", await keyOf(token, salt, cost), nonce, { authTagLength: tagBytes });
  cipher.setAAD(authenticated(settings));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(authority)), cipher.final(), cipher.getAuthTag()]);
  return {
    version: 1,
    settings: { serviceSubnet, podSubnet, clusterDomain },
    scrypt: { ...cost, salt: salt.toString("base64") },
    nonce: nonce.toString("base64"),
    sealed: sealed.toString("base64"),
  };
}

async function unseal(record: SharedRecord, token: string): Promise<SharedAuthority> {
  const { salt, ...parameters } = record.scrypt;
  const sealed = Buffer.from(record.sealed, "base64");
  const key = await keyOf(token, Buffer.from(salt, "base64"), parameters);
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(record.nonce, "base64"), { authTagLength: tagBytes });
  decipher.setAAD(authenticated(record.settings));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]).toString()) as SharedAuthority;
  } catch (error) {
    throw new Error("cannot join the cluster in this etcd: the token is not the one that it was made with", { cause: error });
  }
}

function authenticated({ serviceSubnet, podSubnet, clusterDomain }: SharedSettings): Buffer {
  return Buffer.from(JSON.stringify([1, serviceSubnet, podSubnet, clusterDomain]));
}

function keyOf(token: string, salt: Buffer, parameters: { N: number; r: number; p: number }): Promise<Buffer> {
  const maxmem = 256 * parameters.N * parameters.r;
  return new Promise((resolve, reject) => {
    scrypt(token.normalize(), salt, 32, { ...parameters, maxmem }, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
