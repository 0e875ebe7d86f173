/** Addresses that a proxy request may reach: those of pods and nodes, never the API server's own machine or its links. */
import { isIP } from "node:net";
import { cidrContains, parseCidr, parseIp } from "../../../../machinery/ip.ts";

/** All that Go's IsGlobalUnicast leaves out: unspecified, loopback, link-local, multicast, broadcast. */
const refused = ["0.0.0.0/32", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32", "::/128", "::1/128", "fe80::/10", "ff00::/8"].map(
  (text) => parseCidr(text)!,
);

export function isProxyable(address: string): boolean {
  const ip = isIP(address) === 0 ? undefined : parseIp(address);
  return ip !== undefined && !refused.some((cidr) => cidrContains(cidr, ip));
}
