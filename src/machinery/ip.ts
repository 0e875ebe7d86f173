/**
 * IP addresses and CIDR blocks as API fields hold them. Reading is lenient where Kubernetes must stay lenient for old
 * objects (leading zeros, IPv4 in IPv6 form); `canonical…` gives the one form that new values should have (RFC 5952).
 */

export interface Ip {
  readonly family: 4 | 6;
  /** 32 or 128 bits. */
  readonly value: bigint;
}

export interface Cidr extends Ip {
  /** Length of the prefix in bits of the address's family. */
  readonly prefix: number;
}

const ipMessage = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const cidrMessage = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const mappedPrefix = 0xffff_0000_0000n;

export function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

/** Reads an address; undefined when the text is none. IPv4-mapped IPv6 counts as IPv4. */
export function parseIp(text: string): Ip | undefined {
  const ip = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
  if (ip?.family === 6 && ip.value >> 32n === 0xffffn) return { family: 4, value: ip.value - mappedPrefix };
  return ip;
}

function parseIpv4(text: string): Ip | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]+$/.test(part) && Number(part) <= 255)) return undefined;
  return { family: 4, value: parts.reduce((value, part) => value * 256n + BigInt(Number(part)), 0n) };
}

function parseIpv6(text: string): Ip | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) => groupsOf(half, i === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  // `::` stands for at least one group.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])];
  return { family: 6, value: groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n) };
}

/** Groups of 16 bits; the last two of the whole address may be written as an IPv4 one. */
function groupsOf(text: string, atEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (atEnd && i === parts.length - 1 && part.includes(".")) {
      const embedded = parseIpv4(part);
      if (embedded === undefined) return undefined;
      groups.push(Number(embedded.value >> 16n), Number(embedded.value & 0xffffn));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Dotted decimal, or RFC 5952: lower case, the longest run of two or more zero groups shortened. */
export function ipText({ family, value }: Ip): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  const { start, length } = longestZeroRun(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** Reads a block; the address keeps its bits beyond the prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const prefixText = text.slice(slash + 1);
  if (slash < 0 || !/^[0-9]{1,3}$/.test(prefixText)) return undefined;
  const address = text.slice(0, slash);
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  // A mapped address is written with a prefix of 128 bits.
  const prefix = Number(prefixText) - (ip.family === 4 && address.includes(":") ? 96 : 0);
  return prefix < 0 || prefix > bitsOf(ip.family) ? undefined : { ...ip, prefix };
}

/** The block's first address: bits beyond the prefix cleared. */
export function networkOf(cidr: Cidr): Cidr {
  const host = BigInt(bitsOf(cidr.family) - cidr.prefix);
  return { ...cidr, value: (cidr.value >> host) << host };
}

export function cidrText(cidr: Cidr): string {
  return `${ipText(cidr)}/${cidr.prefix}`;
}

export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  const host = BigInt(bitsOf(cidr.family) - cidr.prefix);
  return cidr.family === ip.family && cidr.value >> host === ip.value >> host;
}

/** How many addresses a block holds. */
export function cidrSize(cidr: Cidr): bigint {
  return 1n << BigInt(bitsOf(cidr.family) - cidr.prefix);
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.prefix <= b.prefix ? cidrContains(a, b) : cidrContains(b, a);
}

const leadingZeros = /(?:^|[:.])0[0-9]+(?:\.|$)/;

function isMapped(text: string, ip: Ip): boolean {
  return ip.family === 4 && text.includes(":");
}

/**
 * Errors of an address in a field that older releases read leniently (KEP-4858, strict by default since 1.36).
 * @param old values that are stored already, which stay legal as they are.
 */
export function ipErrors(text: string, old: readonly string[] = []): string[] {
  const ip = parseIp(text);
  if (ip === undefined) return [ipMessage];
  if (old.includes(text)) return [];
  if (text.includes(".") && leadingZeros.test(text)) return ["must not have leading 0s"];
  return isMapped(text, ip) ? ["must not be an IPv4-mapped IPv6 address"] : [];
}

export function ipv4Errors(text: string): string[] {
  return parseIp(text)?.family === 4 ? [] : ["must be a valid IPv4 address"];
}

export function ipv6Errors(text: string): string[] {
  return parseIp(text)?.family === 6 ? [] : ["must be a valid IPv6 address"];
}

/** The same for blocks, which must also be cut at their prefix. */
export function cidrErrors(text: string, old: readonly string[] = []): string[] {
  const cidr = parseCidr(text);
  if (cidr === undefined) return [cidrMessage];
  if (old.includes(text)) return [];
  const [address = "", prefix = ""] = text.split("/");
  const zeros = (address.includes(".") && leadingZeros.test(address)) || /^0[0-9]/.test(prefix);
  if (zeros) return ["must not have leading 0s in IP or prefix length"];
  if (isMapped(address, cidr)) return ["must not have an IPv4-mapped IPv6 address"];
  return networkOf(cidr).value === cidr.value ? [] : ["must not have bits set beyond the prefix length"];
}

/** Whether the text is in the one form that new objects should use: no leading zeros, not mapped, RFC 5952. */
export function isCanonicalIp(text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && ipText(ip) === text;
}

/** The rule for kinds that came late enough to have one spelling of each value (IPAddress, ServiceCIDR). */
export function canonicalIpErrors(text: string): string[] {
  const errors = ipErrors(text);
  if (errors.length > 0) return errors;
  const canonical = ipText(parseIp(text)!);
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

export function canonicalCidrErrors(text: string): string[] {
  const errors = cidrErrors(text);
  if (errors.length > 0) return errors;
  const canonical = cidrText(parseCidr(text)!);
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}
