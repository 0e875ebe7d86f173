/** The three writes the registry makes to the store: create, replace and delete one key if it is as expected. */
import { staleVersion } from "../../machinery/status.ts";
import {
  type Compare,
  type KeyValue,
  type Operation,
  type OperationResult,
  StoreUnavailableError,
  type TxnRequest,
  type TxnResponse,
} from "../../storage/store.ts";
import type { KeyClaims } from "../contract.ts";
import type { RegistryContext } from "./requests.ts";
import type { ResourceStore } from "./resource-store.ts";
import { type PendingWrite, StoredObject } from "./stored-object.ts";

/** What was found in place of what was expected; `current` undefined when there is nothing. */
export type WriteOutcome = { readonly done: true; readonly stored: StoredObject } | { readonly done: false; readonly current: StoredObject | undefined };

/** The object was as expected, but keys that the write claims were not: nothing was written. */
export class ContestedKeysError extends Error {
  override readonly name = "ContestedKeysError";
  readonly keys: ReadonlySet<string>;
  constructor(keys: readonly string[]) {
    super(`cannot claim ${keys.join(", ")}: somebody else was faster`);
    this.keys = new Set(keys);
  }
}

export const noClaims: KeyClaims = { take: [], give: [] };

export interface PutOptions {
  /** Go with the object or not at all. */
  readonly claims?: KeyClaims;
  /** The store's lease that the key goes with; 0 for none. */
  readonly lease?: number;
  /** How long it may wait for company; see `TxnRequest`. */
  readonly patienceMs?: number;
}

/** `expected` is the revision to replace, 0 for a new key. Throws ContestedKeysError. */
export async function put(
  context: RegistryContext,
  resource: ResourceStore,
  write: PendingWrite,
  expected: number,
  { lease = 0, patienceMs = 0, claims = noClaims }: PutOptions = {},
): Promise<WriteOutcome> {
  const { follower, store } = context;
  const { key, bytes: value } = write;
  const operation: Operation = lease === 0 ? { type: "put", key, value } : { type: "put", key, value, lease };
  const request = claiming(operation, { key, modRevision: expected }, claims);
  follower.expect(write);
  let response: TxnResponse;
  try {
    response = await store.txn(patienceMs === 0 ? request : { ...request, patienceMs });
  } catch (error) {
    follower.forget(write);
    throw error;
  }
  if (response.succeeded) return { done: true, stored: write.committed(response.revision) };
  follower.forget(write);
  return { done: false, current: found(resource, response.results, expected, claims) };
}

export type DeleteOutcome = { readonly done: true; readonly revision: number } | { readonly done: false; readonly current: StoredObject | undefined };

/** Throws ContestedKeysError. */
export async function remove(
  context: RegistryContext,
  resource: ResourceStore,
  key: string,
  expected: number,
  claims: KeyClaims = noClaims,
): Promise<DeleteOutcome> {
  const response = await context.store.txn(claiming({ type: "delete", start: key }, { key, modRevision: expected }, claims));
  if (response.succeeded) return { done: true, revision: response.revision };
  return { done: false, current: found(resource, response.results, expected, claims) };
}

/** If it fails it finds the object first, then the keys of the claims in their order. */
function claiming(operation: Operation, expected: Compare, claims: KeyClaims): TxnRequest {
  if (claims === noClaims) return { compare: [expected], success: [operation], failure: [{ type: "range", range: { start: expected.key } }] };
  const compare = [expected, ...comparesOf(claims)];
  const take = claims.take.map(({ key, value }): Operation => ({ type: "put", key, value }));
  const give = claims.give.map(({ key }): Operation => ({ type: "delete", start: key }));
  return { compare, success: [operation, ...take, ...give], failure: compare.map(({ key }) => ({ type: "range", range: { start: key } })) };
}

function comparesOf({ take, give }: KeyClaims): Compare[] {
  return [...take.map(({ key }) => ({ key, modRevision: 0 })), ...give];
}

/** The newest state, straight from the store. */
export async function readCurrent(context: RegistryContext, resource: ResourceStore, key: string): Promise<StoredObject | undefined> {
  return (await readState(context, resource, key)).current;
}

async function readState(
  context: RegistryContext,
  resource: ResourceStore,
  key: string,
): Promise<{ readonly current: StoredObject | undefined; readonly stale: boolean }> {
  const { kvs } = await context.store.range({ start: key });
  const [kv] = kvs;
  return { current: kv === undefined ? undefined : toStored(resource, kv), stale: kv?.stale === true };
}

/** What is there in place of what was expected. Throws when that is the object as it was: then the claims are contested. */
function found(resource: ResourceStore, results: readonly OperationResult[], expected: number, claims: KeyClaims): StoredObject | undefined {
  const [kv, ...claimed] = results.map((result) => (result.type === "range" ? result.response.kvs[0] : undefined));
  const contested = comparesOf(claims).filter(({ modRevision }, index) => (claimed[index]?.modRevision ?? 0) !== modRevision);
  if (contested.length > 0 && (kv?.modRevision ?? 0) === expected) throw new ContestedKeysError(contested.map(({ key }) => key));
  return kv === undefined ? undefined : toStored(resource, kv);
}

/** The cache's own object where it is the same version. */
function toStored(resource: ResourceStore, kv: KeyValue): StoredObject {
  const cached = resource.cache.get(kv.key);
  return cached?.revision === kv.modRevision ? cached : new StoredObject(resource.codec, kv.key, kv.modRevision, kv.value);
}

/** Attempts of one read-modify-write before the client is told to try itself. */
const maxAttempts = 50;

/**
 * Calls `attempt` with the state of a key until it settles. The first state comes from the cache and may be behind the
 * store: when the attempt fails on it, or finds nothing to do, that counts only if the store says the same.
 */
export async function onCurrent<T>(
  context: RegistryContext,
  resource: ResourceStore,
  key: string,
  attempt: (existing: StoredObject | undefined) => Promise<Attempt<T>>,
): Promise<T> {
  let existing = resource.cache.get(key);
  let sure = false;
  for (let attempts = 0; attempts < maxAttempts; attempts++) {
    let outcome = await attempt(existing).catch((error: unknown): Attempt<T> => {
      // It may have been written all the same: the newer state would be this write's own, and no conflict.
      if (error instanceof StoreUnavailableError) throw error;
      return { type: "failed", error };
    });
    if (!sure && (outcome.type === "unchanged" || outcome.type === "failed")) {
      const { current, stale } = await readState(context, resource, key);
      sure = true;
      if (current?.revision !== existing?.revision) {
        existing = current;
        continue;
      }
      if (stale && outcome.type === "unchanged" && outcome.rewrite !== undefined) outcome = await outcome.rewrite();
    }
    if (outcome.type === "done") return outcome.value;
    if (outcome.type === "moved") {
      existing = outcome.current;
      sure = true;
      continue;
    }
    if (outcome.type === "failed") throw outcome.error;
    return outcome.value;
  }
  throw staleVersion(resource.groupResource, key.slice(key.lastIndexOf("/") + 1));
}

export type Attempt<T> =
  /** The store has taken it. */
  | { readonly type: "done"; readonly value: T }
  /** Nothing to write, provided that the state was current; and if it is stale, `rewrite` writes it as it is. */
  | { readonly type: "unchanged"; readonly value: T; readonly rewrite?: () => Promise<Attempt<T>> }
  /** Somebody else was faster; this is what is there now. */
  | { readonly type: "moved"; readonly current: StoredObject | undefined }
  | { readonly type: "failed"; readonly error: unknown };
