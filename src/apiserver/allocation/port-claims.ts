/**
 * Who has which node port: a key of the store for each that is in use, written and deleted in one transaction with the
 * Service that has it. So a port has one owner whatever server gives it out, and no crash leaves one behind. (Upstream
 * keeps one RangeAllocation under `/registry/ranges/servicenodeports`, written before the Service.)
 */
import { type Service, services } from "../../api/core/v1/service.ts";
import { type KeyValue, type Operation, prefixEnd, type Store } from "../../storage/store.ts";
import { keyPrefix } from "../registry/resource-store.ts";

const prefix = "/registry/ranges/servicenodeports/";

/** A key as it was seen. */
export interface PortClaim {
  readonly port: number;
  /** Of the Service that has it; "" when the value cannot be read. */
  readonly uid: string;
  readonly modRevision: number;
}

export type PortStore = Pick<Store, "range" | "txn">;

export function portKey(port: number): string {
  return `${prefix}${port}`;
}

/** NaN for a key that is none. */
export function portOf(key: string): number {
  return key.startsWith(prefix) ? Number(key.slice(prefix.length)) : Number.NaN;
}

/** For people who look into the store the Service's name stands beside its uid. */
export function claimValue({ metadata: { uid, namespace, name } }: Service): Uint8Array {
  return Buffer.from(JSON.stringify({ uid, namespace, name }));
}

/** Of these ports those that somebody has. */
export async function claimsOf(store: PortStore, ports: readonly number[]): Promise<PortClaim[]> {
  if (ports.length === 0) return [];
  const ranges = ports.map((port): Operation => ({ type: "range", range: { start: portKey(port) } }));
  const { results } = await store.txn({ compare: [], success: ranges, failure: [] });
  return results.flatMap((result) => (result.type === "range" ? result.response.kvs.map(claimOf) : []));
}

export async function allClaims(store: PortStore): Promise<PortClaim[]> {
  return (await store.range({ start: prefix, end: prefixEnd(prefix) })).kvs.map(claimOf);
}

/** Does nothing when the claim has changed since. */
export async function dropClaim(store: PortStore, { port, modRevision }: PortClaim): Promise<boolean> {
  const key = portKey(port);
  return (await store.txn({ compare: [{ key, modRevision }], success: [{ type: "delete", start: key }], failure: [] })).succeeded;
}

/** For a Service that has the port without a claim. Does nothing when either has changed since. */
export async function addClaim(store: PortStore, port: number, service: Service): Promise<boolean> {
  const { namespace, name, resourceVersion } = service.metadata;
  const key = portKey(port);
  const compare = [
    { key, modRevision: 0 },
    { key: `${keyPrefix(services)}${namespace}/${name}`, modRevision: Number(resourceVersion) },
  ];
  return (await store.txn({ compare, success: [{ type: "put", key, value: claimValue(service) }], failure: [] })).succeeded;
}

function claimOf({ key, value, modRevision }: KeyValue): PortClaim {
  return { port: portOf(key), uid: uidIn(value), modRevision };
}

function uidIn(value: Uint8Array): string {
  try {
    const { uid } = JSON.parse(Buffer.from(value).toString()) as { uid?: unknown };
    return typeof uid === "string" ? uid : "";
  } catch {
    return "";
  }
}
