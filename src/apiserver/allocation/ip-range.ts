/** Addresses and ranges as numbers, for both families. Text is canonical: Go's netip form. */
import { isIPv4, isIPv6 } from "node:net";

export type Family = "IPv4" | "IPv6";

export interface Cidr {
  readonly family: Family;
  /** Network address. */
  readonly base: bigint;
  readonly prefix: number;
  /** 32 or 128. */
  readonly bits: number;
}

export function addressFamily(text: string): Family {
  return text.includes(":") ? "IPv6" : "IPv4";
}

/** Undefined for text that is no address. Leading zeros in IPv4 are refused, as by Go. */
export function parseAddress(text: string): bigint | undefined {
  if (isIPv4(text)) return text.split(".").reduce((value, part) => value * 256n + BigInt(part), 0n);
  return isIPv6(text) && !text.includes("%") ? parseIPv6(text) : undefined;
}

function parseIPv6(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain = dotted === null ? text : `${dotted[1]}${hexPair(parseAddress(dotted[2] ?? "") ?? 0n)}`;
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right].reduce((value, part) => value * 65536n + BigInt(`0x${part}`), 0n);
}

function hexPair(value: bigint): string {
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

/** Canonical text: RFC 5952 for IPv6. */
export function formatAddress(value: bigint, family: Family): string {
  if (family === "IPv4") return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 255n).toString()).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(":");
  return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** Throws for text that is no CIDR. Host bits are cleared. */
export function parseCidr(text: string): Cidr {
  const [address = "", length = ""] = text.split("/");
  const value = parseAddress(address);
  const family = addressFamily(address);
  const bits = family === "IPv4" ? 32 : 128;
  const prefix = Number(length);
  if (value === undefined || !isCidr(text)) throw new Error(`cannot read CIDR ${JSON.stringify(text)}: invalid CIDR address`);
  const hostBits = BigInt(bits - prefix);
  return { family, base: (value >> hostBits) << hostBits, prefix, bits };
}

export function isCidr(text: string): boolean {
  const [address = "", length = "", ...rest] = text.split("/");
  const value = parseAddress(address);
  return value !== undefined && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (addressFamily(address) === "IPv4" ? 32 : 128);
}

export function cidrContains(cidr: Cidr, address: bigint, family: Family): boolean {
  return cidr.family === family && address >> BigInt(cidr.bits - cidr.prefix) === cidr.base >> BigInt(cidr.bits - cidr.prefix);
}

/** Addresses that can be given out: neither the network's own nor, for IPv4, the broadcast address. */
export function usableSize(cidr: Cidr): bigint {
  const size = 1n << BigInt(cidr.bits - cidr.prefix);
  const reserved = cidr.family === "IPv4" ? 2n : 1n;
  return size > reserved ? size - reserved : 0n;
}

/** The address of Service default/kubernetes. */
export function firstAddress(cidr: Cidr): string {
  return formatAddress(cidr.base + 1n, cidr.family);
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.base, cidr.family)}/${cidr.prefix}`;
}
