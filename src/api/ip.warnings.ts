/** Warnings about addresses that are still taken but not in the form that new values should have (KEP-4858). */
import { bitsOf, cidrText, ipText, networkOf, parseCidr, parseIp } from "../machinery/ip.ts";

/** Leading zeros and IPv4 in IPv6 form are on their way out; other IPv6 is only to be written in one way (RFC 5952). */
export function ipWarnings(path: string, text: string): string[] {
  const ip = parseIp(text);
  if (ip === undefined) return [];
  const canonical = ipText(ip);
  if (canonical === text) return [];
  if (ip.family === 6) return [`${path}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${canonical}")`];
  return [`${path}: non-standard IP address "${text}" will be considered invalid in a future Kubernetes release: use "${canonical}"`];
}

/** The same for ranges, and for those that look like an address with a mask. */
export function cidrWarnings(path: string, text: string): string[] {
  const cidr = parseCidr(text);
  if (cidr === undefined) return [];
  const network = networkOf(cidr);
  const canonical = cidrText(network);
  const warnings: string[] = [];
  if (network.value !== cidr.value) {
    const single = `${ipText(cidr)}/${bitsOf(cidr.family)}`;
    warnings.push(`${path}: CIDR value "${text}" is ambiguous in this context (should be "${canonical}" or "${single}"?)`);
  }
  if (!isStandard(text, cidr.family)) {
    return [...warnings, `${path}: non-standard CIDR value "${text}" will be considered invalid in a future Kubernetes release: use "${canonical}"`];
  }
  if (warnings.length > 0 || canonical === text) return warnings;
  return [`${path}: IPv6 CIDR value "${text}" should be in RFC 5952 canonical format ("${canonical}")`];
}

/** What Go's netip.ParsePrefix reads. */
function isStandard(text: string, family: 4 | 6): boolean {
  const [address = "", prefix = ""] = text.split("/");
  if (/^0\d/.test(prefix)) return false;
  if (address.includes(":")) return family === 6;
  return !/(^|\.)0\d/.test(address);
}
