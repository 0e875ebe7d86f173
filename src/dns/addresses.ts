/** Addresses as they are written in DNS names. */
import { isIP } from "node:net";

/** `10.0.0.1` -> `10-0-0-1`, `fd00::1` -> `fd00--1`. */
export function dashedAddress(address: string): string {
  return address.replaceAll(/[.:]/g, "-");
}

/** The address that a name below in-addr.arpa or ip6.arpa stands for; undefined when it is not a whole one. */
export function addressFromReverseName(name: string): string | undefined {
  if (name.endsWith(".in-addr.arpa")) {
    const address = name.slice(0, -".in-addr.arpa".length).split(".").reverse().join(".");
    return isIP(address) === 4 ? address : undefined;
  }
  const nibbles = name.slice(0, -".ip6.arpa".length).split(".").reverse();
  if (nibbles.length !== 32) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => nibbles.slice(4 * i, 4 * i + 4).join(""));
  const address = groups.join(":");
  return isIP(address) === 6 ? canonicalIPv6(address) : undefined;
}

/** RFC 5952 text, which is what API objects hold. */
function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
