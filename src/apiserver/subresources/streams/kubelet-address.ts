/** Where the kubelet of a node listens. */
import type { Node } from "../../../api/core/v1/node.ts";
import { badRequest } from "../../../machinery/status.ts";

export interface KubeletAddress {
  readonly host: string;
  readonly port: number;
}

const defaultPort = 10250;
/** The API server's own machine has routes to nodes' addresses, and need not know their names. */
const preferredTypes = ["InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"];

/** Throws a StatusError when the node has no address yet. */
export function kubeletAddress(node: Node): KubeletAddress {
  const { addresses = [], daemonEndpoints } = node.status ?? {};
  for (const type of preferredTypes) {
    const found = addresses.find((address) => address.type === type);
    if (found !== undefined) return { host: found.address, port: daemonEndpoints?.kubeletEndpoint?.Port || defaultPort };
  }
  throw badRequest(`no preferred addresses found; known addresses: [${addresses.map(({ type, address }) => `{${type} ${address}}`).join(" ")}]`);
}
