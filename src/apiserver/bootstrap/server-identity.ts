/**
 * The Lease that every API server of a cluster has in kube-system (KEP-1965): how many there are, and which. Renewed
 * like a heartbeat; those of servers that are gone for an hour are collected by the others.
 */
import { createHash } from "node:crypto";
import { type Lease, leases } from "../../api/coordination/v1/lease.ts";
import type { Draft } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status.ts";
import type { Target, Transport } from "../../machinery/transport.ts";

const namespace = "kube-system";
const identityLabel = "apiserver.kubernetes.io/identity";
const leaseDurationSeconds = 3600;

/** `apiserver-` and 26 letters and digits, the same whenever a server starts on this host. */
export function serverName(hostname: string): string {
  return `apiserver-${base32(createHash("sha256").update(hostname).digest().subarray(0, 16))}`;
}

/** RFC 4648, section 6, in lower case and without padding. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((group) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}

export interface ServerIdentity {
  readonly hostname: string;
  /** Different in every life of a server. */
  readonly holder: string;
}

export function identityLease({ hostname, holder }: ServerIdentity, found: Lease | undefined, nowMs: number): Draft<Lease> {
  const now = microTime(nowMs);
  const name = serverName(hostname);
  const holderIdentity = `${name}_${holder}`;
  const acquireTime = found?.spec.holderIdentity === holderIdentity ? (found.spec.acquireTime ?? now) : now;
  return {
    ...found,
    metadata: {
      ...found?.metadata,
      name,
      namespace,
      labels: { ...found?.metadata.labels, [identityLabel]: "kube-apiserver", "kubernetes.io/hostname": hostname },
    },
    spec: { ...found?.spec, holderIdentity, leaseDurationSeconds, acquireTime, renewTime: now },
  };
}

/** Whether a server's lease has not been renewed for its duration. */
export function isExpired({ spec }: Lease, nowMs: number): boolean {
  if (spec.renewTime === undefined || spec.leaseDurationSeconds === undefined) return true;
  return Date.parse(spec.renewTime) + spec.leaseDurationSeconds * 1000 < nowMs;
}

/** Renews this server's lease and deletes those of servers long gone. */
export async function renewIdentity(transport: Transport, identity: ServerIdentity, nowMs: number, signal: AbortSignal): Promise<void> {
  const all = await transport.list<Lease>({ resource: leases, namespace }, { labelSelector: `${identityLabel}=kube-apiserver` }, signal);
  const name = serverName(identity.hostname);
  const found = all.items.find((lease) => lease.metadata.name === name);
  const wanted = identityLease(identity, found, nowMs);
  if (found === undefined) await transport.create({ resource: leases, namespace }, wanted, {}, signal);
  else await transport.update({ resource: leases, namespace, name }, wanted as Lease, {}, signal);
  for (const lease of all.items) if (lease !== found && isExpired(lease, nowMs)) await remove(transport, lease, signal);
}

async function remove(transport: Transport, { metadata: { name, uid, resourceVersion } }: Lease, signal: AbortSignal): Promise<void> {
  const target: Target = { resource: leases, namespace, name };
  const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  try {
    await transport.delete(target, { preconditions }, signal);
  } catch (error) {
    // Another server was faster, or the owner is back.
    if (!(error instanceof StatusError) || (error.code !== 404 && error.code !== 409)) throw error;
  }
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
