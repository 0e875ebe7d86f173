import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import {
  canonicalCidrErrors,
  canonicalIpErrors,
  cidrContains,
  cidrErrors,
  cidrSize,
  cidrsOverlap,
  cidrText,
  ipErrors,
  ipText,
  ipv4Errors,
  ipv6Errors,
  networkOf,
  parseCidr,
  parseIp,
} from "./ip.ts";

test("addresses take their canonical form", () => {
  const table: [string, string | undefined][] = [
    ["10.9.8.7", "10.9.8.7"],
    ["010.0.0.1", "10.0.0.1"],
    ["256.0.0.1", undefined],
    ["1.2.3", undefined],
    ["", undefined],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["1:2:3:4:5:6:7:8::", undefined],
    ["1::2::3", undefined],
    [":1", undefined],
    ["12345::", undefined],
    ["fe80::1%eth0", undefined],
  ];
  for (const [text, expected] of table) {
    const ip = parseIp(text);
    assert.equal(ip === undefined ? undefined : ipText(ip), expected, text);
  }
});

test("reading agrees with node:net but for leading zeros and zones", () => {
  let seed = 3;
  const pick = (items: readonly string[]) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return items[(seed >> 8) % items.length]!;
  };
  for (let i = 0; i < 5000; i++) {
    const text = Array.from({ length: 8 }, () => pick([":", "::", "1", "ffff", "0", "1.2.3.4", "."])).join("");
    if (/(?:^|[:.])0[0-9]+\./.test(text)) continue;
    assert.equal(parseIp(text) !== undefined, isIP(text) !== 0, text);
  }
});

test("blocks know their network, size and members", () => {
  const cidr = parseCidr("10.9.8.7/24")!;
  assert.equal(cidrText(networkOf(cidr)), "10.9.8.0/24");
  assert.equal(cidrSize(cidr), 256n);
  assert.equal(cidrContains(cidr, parseIp("10.9.8.200")!), true);
  assert.equal(cidrContains(cidr, parseIp("10.9.9.1")!), false);
  assert.equal(cidrContains(cidr, parseIp("::1")!), false);
  assert.equal(cidrsOverlap(cidr, parseCidr("10.0.0.0/8")!), true);
  assert.equal(cidrsOverlap(cidr, parseCidr("10.9.9.0/24")!), false);
  assert.equal(cidrText(networkOf(parseCidr("2001:db8::1/64")!)), "2001:db8::/64");
  assert.equal(cidrText(parseCidr("::ffff:10.0.0.0/104")!), "10.0.0.0/8");
  for (const text of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "x/8", "10.0.0.0/"]) assert.equal(parseCidr(text), undefined, text);
});

test("messages are Kubernetes'", () => {
  assert.deepEqual(ipErrors("x"), ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]);
  assert.deepEqual(cidrErrors("x"), ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]);
  assert.deepEqual(ipv4Errors("::1"), ["must be a valid IPv4 address"]);
  assert.deepEqual(ipv6Errors("1.2.3.4"), ["must be a valid IPv6 address"]);
  const bad: [string[], string[]][] = [
    [ipErrors("1.1.1.01"), ["must not have leading 0s"]],
    [ipErrors("::ffff:1.1.1.1"), ["must not be an IPv4-mapped IPv6 address"]],
    [ipErrors("1.1.1.01", ["1.1.1.01"]), []],
    [ipErrors("0:0:0:0:0:0:0:0"), []],
    [ipErrors("10.0.0.0"), []],
    [cidrErrors("10.0.0.0/08"), ["must not have leading 0s in IP or prefix length"]],
    [cidrErrors("10.00.0.0/8"), ["must not have leading 0s in IP or prefix length"]],
    [cidrErrors("10.0.0.1/8"), ["must not have bits set beyond the prefix length"]],
    [cidrErrors("::ffff:10.0.0.0/104"), ["must not have an IPv4-mapped IPv6 address"]],
    [cidrErrors("10.0.0.1/8", ["10.0.0.1/8"]), []],
    [cidrErrors("10.0.0.0/0"), ["must not have bits set beyond the prefix length"]],
    [canonicalIpErrors("0001:002:03:4::"), ['must be in canonical form ("1:2:3:4::")']],
    [canonicalCidrErrors("1234:ABCD::/32"), ['must be in canonical form ("1234:abcd::/32")']],
    [canonicalCidrErrors("10.0.0.0/8"), []],
  ];
  for (const [found, expected] of bad) assert.deepEqual(found, expected);
});
