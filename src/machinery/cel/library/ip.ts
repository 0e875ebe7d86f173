/** IP addresses and CIDR blocks: strict, as Go's net/netip reads them, without zones and without IPv4 in IPv6. */
import { bitsOf, type Cidr, cidrContains, cidrText, type Ip, ipText, networkOf, parseIp } from "../../ip.ts";
import { traversal, traversalOf } from "../costs.ts";
import { declare, type FunctionDeclaration, member, overload } from "../functions.ts";
import { fail, Opaque, type Value } from "../values.ts";

export class IpValue extends Opaque {
  readonly typeName = "net.IP";
  readonly ip: Ip;
  constructor(ip: Ip) {
    super();
    this.ip = ip;
  }
  override equals(other: Opaque): boolean {
    return other instanceof IpValue && other.ip.family === this.ip.family && other.ip.value === this.ip.value;
  }
  override get costSize(): number {
    return Math.ceil(bitsOf(this.ip.family) / 8);
  }
}

export class CidrValue extends Opaque {
  readonly typeName = "net.CIDR";
  readonly cidr: Cidr;
  constructor(cidr: Cidr) {
    super();
    this.cidr = cidr;
  }
  override equals(other: Opaque): boolean {
    return other instanceof CidrValue && cidrText(other.cidr) === cidrText(this.cidr);
  }
  override get costSize(): number {
    return Math.ceil(this.cidr.prefix / 8);
  }
}

const ip = "net.IP";
const cidr = "net.CIDR";
const leadingZero = /(?:^|[.:])0[0-9]+(?=\.|$)/;

/** The address, or why it is none. */
function readIp(text: string): Ip | string {
  if (text.includes("%") && parseIp(text.slice(0, text.indexOf("%"))) !== undefined) return `IP address ${JSON.stringify(text)} with zone value is not allowed`;
  const parsed = leadingZero.test(text) && text.includes(".") ? undefined : parseIp(text);
  if (parsed === undefined)
    return `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): ${ipProblem(text)}`;
  return parsed.family === 4 && text.includes(":") ? `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed` : parsed;
}

function ipProblem(text: string): string {
  if (!/^[0-9]+(?:\.[0-9]+){3}$/.test(text)) return "unable to parse IP";
  return leadingZero.test(text) ? "IPv4 field has octet with leading zero" : "IPv4 field has value >255";
}

function readCidr(text: string): Cidr | string {
  const slash = text.lastIndexOf("/");
  const [address, bits] = [text.slice(0, slash), text.slice(slash + 1)];
  const parsed = slash < 0 || text.includes("%") ? "" : readIp(address);
  if (typeof parsed === "string" && parsed.includes("mapped")) return `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;
  const valid = typeof parsed !== "string" && /^(?:0|[1-9][0-9]{0,2})$/.test(bits) && Number(bits) <= bitsOf(parsed.family);
  if (valid) return { ...parsed, prefix: Number(bits) };
  const reason = slash < 0 ? "no '/'" : typeof parsed === "string" ? `ParseAddr(${JSON.stringify(address)}): unable to parse IP` : "prefix length out of range";
  return `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): ${reason}`;
}

function ipOf(text: string): Ip {
  const read = readIp(text);
  return typeof read === "string" ? fail(read) : read;
}

function cidrOf(text: string): Cidr {
  const read = readCidr(text);
  return typeof read === "string" ? fail(`network address parse error during conversion from string: ${read}`) : read;
}

/** The signatures have seen to it. */
function address(value: Value): Ip {
  return (value as IpValue).ip;
}

function block(value: Value): Cidr {
  return (value as CidrValue).cidr;
}

function within(base: string, value: Ip): boolean {
  return cidrContains(cidrOf(base), value);
}

const isLoopback = (value: Ip) => within(value.family === 4 ? "127.0.0.0/8" : "::1/128", value);
const isUnspecified = (value: Ip) => value.value === 0n;
const isLinkLocalMulticast = (value: Ip) =>
  value.family === 4 ? within("224.0.0.0/24", value) : (value.value >> 112n) % 0x10000n === 0xff02n || ((value.value >> 112n) & 0xff0fn) === 0xff02n;
const isLinkLocalUnicast = (value: Ip) => within(value.family === 4 ? "169.254.0.0/16" : "fe80::/10", value);
const isMulticast = (value: Ip) => within(value.family === 4 ? "224.0.0.0/4" : "ff00::/8", value);

function isGlobalUnicast(value: Ip): boolean {
  const isBroadcast = value.family === 4 && value.value === 0xffffffffn;
  return !isBroadcast && !isUnspecified(value) && !isLoopback(value) && !isMulticast(value) && !isLinkLocalUnicast(value);
}

function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && cidrContains(outer, networkOf(inner));
}

const parseCost = ([text]: readonly Value[]) => traversalOf(text!);
const one = () => 1;
const ipCost = ([base]: readonly Value[]) => traversal((base as CidrValue).costSize, 2);
const cidrCost = ([base]: readonly Value[]) => traversal((base as CidrValue).costSize, 2) + traversalOf(base!) + 1;

function test(name: string, id: string, holds: (value: Ip) => boolean): FunctionDeclaration {
  return declare(
    name,
    member(id, [ip], "bool", (value) => holds(address(value)), one),
  );
}

export const ips: readonly FunctionDeclaration[] = [
  declare(
    "ip",
    overload("string_to_ip", ["string"], ip, (text) => new IpValue(ipOf(text)), parseCost),
    member("cidr_ip", [cidr], ip, (value) => new IpValue({ family: block(value).family, value: block(value).value }), one),
  ),
  declare(
    "family",
    member("ip_family", [ip], "int", (value) => BigInt(address(value).family), one),
  ),
  declare(
    "ip.isCanonical",
    overload(
      "ip_is_canonical",
      ["string"],
      "bool",
      (text) => ipText(ipOf(text)) === text,
      ([text]) => traversal(text.length, 2),
    ),
  ),
  test("isUnspecified", "ip_is_unspecified", isUnspecified),
  test("isLoopback", "ip_is_loopback", isLoopback),
  test("isLinkLocalMulticast", "ip_is_link_local_multicast", isLinkLocalMulticast),
  test("isLinkLocalUnicast", "ip_is_link_local_unicast", isLinkLocalUnicast),
  test("isGlobalUnicast", "ip_is_global_unicast", isGlobalUnicast),
  declare(
    "isIP",
    overload("is_ip", ["string"], "bool", (text) => typeof readIp(text) !== "string", parseCost),
  ),
  declare(
    "string",
    overload("ip_to_string", [ip], "string", (value) => ipText(address(value))),
    overload("cidr_to_string", [cidr], "string", (value) => cidrText(block(value))),
  ),
  declare(
    "cidr",
    overload("string_to_cidr", ["string"], cidr, (text) => new CidrValue(cidrOf(text)), parseCost),
  ),
  declare(
    "containsIP",
    member(
      "cidr_contains_ip_string",
      [cidr, "string"],
      "bool",
      (base, text) => cidrContains(block(base), ipOf(text)),
      (args) => ipCost(args) + traversalOf(args[1]),
    ),
    member("cidr_contains_ip_ip", [cidr, ip], "bool", (base, value) => cidrContains(block(base), address(value)), ipCost),
  ),
  declare(
    "containsCIDR",
    member(
      "cidr_contains_cidr_string",
      [cidr, "string"],
      "bool",
      (base, text) => containsCidr(block(base), cidrOf(text)),
      (args) => cidrCost(args) + traversalOf(args[1]),
    ),
    member("cidr_contains_cidr", [cidr, cidr], "bool", (base, inner) => containsCidr(block(base), block(inner)), cidrCost),
  ),
  declare(
    "prefixLength",
    member("cidr_prefix_length", [cidr], "int", (value) => BigInt(block(value).prefix), one),
  ),
  declare(
    "masked",
    member("cidr_masked", [cidr], cidr, (value) => new CidrValue(networkOf(block(value))), one),
  ),
  declare(
    "isCIDR",
    overload("is_cidr", ["string"], "bool", (text) => typeof readCidr(text) !== "string", parseCost),
  ),
];
