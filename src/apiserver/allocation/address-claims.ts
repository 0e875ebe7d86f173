/**
 * An IPAddress object for each cluster IP that is in use (KEP-1880). Creating it is what decides who has the address,
 * so that several API servers over one store never give the same one twice.
 */
import type { Service } from "../../api/core/v1/service.ts";
import { type IPAddress, ipAddresses } from "../../api/networking/v1/ip-address.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Draft } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status.ts";
import type { Transport } from "../../machinery/transport.ts";
import { addressFamily } from "./ip-range.ts";

export const managedByLabel = "ipaddress.kubernetes.io/managed-by";
export const familyLabel = "ipaddress.kubernetes.io/ip-family";
export const allocatorName = "ipallocator.k8s.io";

export interface AddressClaims {
  /** False when somebody has the address. `address` is canonical. */
  claim(address: string, service: Service): Promise<boolean>;
  /** Never rejects: what cannot be given back now the repair finds later. */
  release(address: string, service: Service): Promise<void>;
}

export function ipAddressOf(address: string, { metadata: { name, namespace = "" } }: Service): Draft<IPAddress> {
  return {
    metadata: { name: address, labels: { [familyLabel]: addressFamily(address), [managedByLabel]: allocatorName } },
    spec: { parentRef: { group: "", resource: "services", namespace, name } },
  };
}

/** Whether it says that this Service has the address. */
export function refersTo({ spec: { parentRef } }: IPAddress, { metadata: { name, namespace } }: Service): boolean {
  return (parentRef.group ?? "") === "" && parentRef.resource === "services" && parentRef.namespace === namespace && parentRef.name === name;
}

/** Whether the allocator made it, and for this Service. */
export function isHeldBy(address: IPAddress, service: Service): boolean {
  const { labels, name } = address.metadata;
  return labels?.[managedByLabel] === allocatorName && labels[familyLabel] === addressFamily(name) && refersTo(address, service);
}

/** `transport` is asked for late: the API server that it leads to is being made. */
export function ipAddressClaims(transport: () => Transport, logger: Logger, signal: AbortSignal): AddressClaims {
  return {
    claim: async (address, service) => {
      try {
        await transport().create({ resource: ipAddresses }, ipAddressOf(address, service), {}, signal);
        return true;
      } catch (error) {
        if (error instanceof StatusError && error.reason === "AlreadyExists") return false;
        throw error;
      }
    },
    release: async (address, service) => {
      const target = { resource: ipAddresses, name: address };
      try {
        const held = await transport().get<IPAddress>(target, {}, signal);
        if (isHeldBy(held, service)) await transport().delete(target, { preconditions: { uid: held.metadata.uid } }, signal);
      } catch (error) {
        if (error instanceof StatusError && (error.code === 404 || error.code === 409)) return;
        logger.warn({ err: error, address }, "cannot give back a cluster IP now; the repair will");
      }
    },
  };
}
