/** Addresses that a proxy request may reach: those of pods and nodes, never the API server's own machine or its links. */
import { BlockList, isIP, isIPv4 } from "node:net";

const refused = new BlockList();
refused.addAddress("0.0.0.0");
refused.addSubnet("127.0.0.0", 8);
refused.addSubnet("169.254.0.0", 16);
refused.addSubnet("224.0.0.0", 4);
refused.addAddress("255.255.255.255");
refused.addAddress("::", "ipv6");
refused.addAddress("::1", "ipv6");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addSubnet("ff00::", 8, "ipv6");
// An IPv4 address in IPv6 clothes is still that address.
refused.addSubnet("::ffff:0:0", 96, "ipv6");

/** Go's IsGlobalUnicast. */
export function isProxyable(address: string): boolean {
  return isIP(address) !== 0 && !refused.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}
