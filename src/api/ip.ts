/** IP addresses and CIDRs in API fields. Kubernetes still takes leading zeros in IPv4, as Go once did. */
import { type FieldError, fieldError } from "../machinery/status.ts";

export type IPFamily = "IPv4" | "IPv6";

export interface IPAddressValue {
  readonly family: IPFamily;
  readonly value: bigint;
}

const ipMessage = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const cidrMessage = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** Undefined when it is no address. An IPv4 address in IPv6 form counts as IPv4. */
export function parseIP(text: string): IPAddressValue | undefined {
  if (!text.includes(":")) {
    const value = parseIPv4(text);
    return value === undefined ? undefined : { family: "IPv4", value };
  }
  const value = parseIPv6(text);
  if (value === undefined) return undefined;
  return value >> 32n === 0xffffn ? { family: "IPv4", value: value & 0xffffffffn } : { family: "IPv6", value };
}

function parseIPv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((value, part) => value * 256n + BigInt(Number(part)), 0n);
}

function parseIPv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = "", tail] = halves;
  const before = groups(head, tail === undefined);
  const after = tail === undefined ? [] : groups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array<bigint>(missing).fill(0n), ...after];
  return all.reduce((value, group) => value * 65536n + group, 0n);
}

/** The 16-bit groups of one half; an IPv4 address may stand for the last two. */
function groups(text: string, mayEndInIPv4: boolean): bigint[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const found: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    const ipv4 = mayEndInIPv4 && index === parts.length - 1 && part.includes(".") ? parseIPv4(part) : undefined;
    if (ipv4 !== undefined) found.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) found.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return found;
}

export interface CIDRValue extends IPAddressValue {
  readonly prefix: number;
}

export function parseCIDR(text: string): CIDRValue | undefined {
  const [address = "", prefix = "", ...rest] = text.split("/");
  const ip = parseIP(address);
  if (ip === undefined || rest.length > 0 || !/^[0-9]{1,3}$/.test(prefix)) return undefined;
  const length = Number(prefix);
  return length <= bitsOf(ip.family) ? { ...ip, prefix: length } : undefined;
}

export function bitsOf(family: IPFamily): 32 | 128 {
  return family === "IPv4" ? 32 : 128;
}

/** The address with its host bits cleared. */
export function networkOf({ family, value, prefix }: CIDRValue): bigint {
  const host = BigInt(bitsOf(family) - prefix);
  return (value >> host) << host;
}

/** Whether `inner` lies within `outer`. */
export function containsCIDR(outer: CIDRValue, inner: CIDRValue): boolean {
  return outer.family === inner.family && outer.prefix <= inner.prefix && networkOf(outer) === networkOf({ ...inner, prefix: outer.prefix });
}

export function ipErrors(path: string, text: string): FieldError[] {
  return parseIP(text) === undefined ? [fieldError.invalid(path, text, ipMessage)] : [];
}

export function cidrErrors(path: string, text: string): FieldError[] {
  return parseCIDR(text) === undefined ? [fieldError.invalid(path, text, cidrMessage)] : [];
}

/** One of each family, at most. */
export function isDualStack(addresses: readonly (IPAddressValue | undefined)[]): boolean {
  return addresses.some((ip) => ip?.family === "IPv4") && addresses.some((ip) => ip?.family === "IPv6");
}

const specialRanges: readonly { readonly ranges: readonly string[]; readonly message: string }[] = [
  { ranges: ["127.0.0.0/8", "::1/128"], message: "may not be in the loopback range (127.0.0.0/8, ::1/128)" },
  { ranges: ["169.254.0.0/16", "fe80::/10"], message: "may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
  { ranges: ["224.0.0.0/24", "ff02::/16"], message: "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)" },
];

/** Addresses that mean something else on every node are no endpoints. */
export function nonSpecialIPErrors(path: string, text: string): FieldError[] {
  const ip = parseIP(text);
  if (ip === undefined) return [fieldError.invalid(path, text, "must be a valid IP address")];
  if (ip.value === 0n) return [fieldError.invalid(path, text, `may not be unspecified (${text})`)];
  const host: CIDRValue = { ...ip, prefix: bitsOf(ip.family) };
  return specialRanges
    .filter(({ ranges }) => ranges.some((range) => containsCIDR(parseCIDR(range)!, host)))
    .map(({ message }) => fieldError.invalid(path, text, message));
}
