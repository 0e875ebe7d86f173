/** Errors of fields that hold IP addresses and CIDRs. Kubernetes still takes leading zeros in IPv4, as Go once did. */
import { bitsOf, type Cidr, cidrContains, type Ip, parseCidr, parseIp, cidrErrors as strictCidrTexts, ipErrors as strictIpTexts } from "../machinery/ip.ts";
import { none } from "../machinery/joined.ts";
import { type FieldError, fieldError } from "../machinery/status.ts";

export type IPFamily = "IPv4" | "IPv6";

const ipMessage = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const cidrMessage = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** The family as the API names it; undefined when the text is no address. An IPv4 address in IPv6 form counts as IPv4. */
export function familyOf(text: string): IPFamily | undefined {
  const ip = parseIp(text);
  if (ip === undefined) return undefined;
  return ip.family === 4 ? "IPv4" : "IPv6";
}

export function ipErrors(path: string, text: string): readonly FieldError[] {
  return parseIp(text) === undefined ? [fieldError.invalid(path, text, ipMessage)] : none;
}

export function cidrErrors(path: string, text: string): readonly FieldError[] {
  return parseCidr(text) === undefined ? [fieldError.invalid(path, text, cidrMessage)] : none;
}

/**
 * Addresses that can be read, but only as older releases did (KEP-4858, on by default since v1.36). Values among `old`
 * are stored already and stay legal. What is missing is told by those that require it.
 */
export function looseIPErrors(path: string, text: string | undefined, old: readonly string[] = []): readonly FieldError[] {
  return text === undefined || parseIp(text) === undefined ? [] : strictIpTexts(text, old).map((detail) => fieldError.invalid(path, text, detail));
}

export function looseCIDRErrors(path: string, text: string | undefined, old: readonly string[] = []): readonly FieldError[] {
  return text === undefined || parseCidr(text) === undefined ? [] : strictCidrTexts(text, old).map((detail) => fieldError.invalid(path, text, detail));
}

/** One of each family, at most. */
export function isDualStack(addresses: readonly (Ip | undefined)[]): boolean {
  return addresses.some((ip) => ip?.family === 4) && addresses.some((ip) => ip?.family === 6);
}

/** Whether `inner` lies within `outer`. */
export function containsCIDR(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && cidrContains(outer, inner);
}

const specialRanges: readonly { readonly ranges: readonly string[]; readonly message: string }[] = [
  { ranges: ["127.0.0.0/8", "::1/128"], message: "may not be in the loopback range (127.0.0.0/8, ::1/128)" },
  { ranges: ["169.254.0.0/16", "fe80::/10"], message: "may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
  { ranges: ["224.0.0.0/24", "ff02::/16"], message: "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)" },
];

/** Addresses that mean something else on every node are no endpoints. */
export function nonSpecialIPErrors(path: string, text: string): readonly FieldError[] {
  const ip = parseIp(text);
  if (ip === undefined) return [fieldError.invalid(path, text, "must be a valid IP address")];
  if (ip.value === 0n) return [fieldError.invalid(path, text, `may not be unspecified (${text})`)];
  const host: Cidr = { ...ip, prefix: bitsOf(ip.family) };
  return specialRanges
    .filter(({ ranges }) => ranges.some((range) => containsCIDR(parseCidr(range)!, host)))
    .map(({ message }) => fieldError.invalid(path, text, message));
}
