/** Addresses that a proxy request may reach: those of pods and nodes, never the API server's own machine or its links. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

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

/** IPv4 addresses in IPv6 clothes. A list of its own: a BlockList takes plain IPv4 addresses for these too. */
const mapped = new BlockList();
mapped.addSubnet("::ffff:0:0", 96, "ipv6");

/** Go's IsGlobalUnicast. */
export function isProxyable(address: string): boolean {
  if (isIPv4(address)) return !refused.check(address, "ipv4");
  return isIPv6(address) && !mapped.check(address, "ipv6") && !refused.check(address, "ipv6");
}
