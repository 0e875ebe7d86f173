/** IPv4 arithmetic for laying out a cluster's networks. */

/** A dotted quad as an unsigned number; throws on anything else. */
export function parseIPv4(text: string): number {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    throw new Error(`cannot read ${JSON.stringify(text)} as an IPv4 address`);
  }
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export interface Cidr {
  readonly base: number;
  readonly prefix: number;
}

export function parseCidr(text: string): Cidr {
  const [address, prefixText] = text.split("/");
  const prefix = prefixText === undefined ? 32 : Number(prefixText);
  if (address === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > 32) throw new Error(`cannot read ${JSON.stringify(text)} as a subnet`);
  const size = 2 ** (32 - prefix);
  return { base: Math.floor(parseIPv4(address) / size) * size, prefix };
}

export function overlaps(a: string, b: string): boolean {
  const left = parseCidr(a);
  const right = parseCidr(b);
  const size = 2 ** (32 - Math.min(left.prefix, right.prefix));
  return Math.floor(left.base / size) === Math.floor(right.base / size);
}
