import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { test } from "node:test";
import { cidrContains, firstAddress, formatAddress, formatCidr, isCidr, parseAddress, parseCidr, usableSize } from "./ip-range.ts";

/** Mulberry32: the same numbers every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test("addresses are read and written in canonical form", () => {
  const cases: [string, string | undefined][] = [
    ["10.0.0.1", "10.0.0.1"],
    ["010.0.0.1", undefined],
    ["1.2.3", undefined],
    ["FD00:0:0:0::1", "fd00::1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["fe80::1%eth0", undefined],
  ];
  for (const [text, expected] of cases) {
    const value = parseAddress(text);
    assert.equal(value === undefined ? undefined : formatAddress(value, text.includes(":") ? "IPv6" : "IPv4"), expected, text);
  }
});

test("random addresses survive a round trip", () => {
  const next = random(7);
  for (let round = 0; round < 500; round++) {
    // Many zero groups, so that every form of shortening occurs.
    const groups = Array.from({ length: 8 }, () => (next() < 0.5 ? 0n : BigInt(Math.floor(next() * 65_536))));
    const value = groups.reduce((sum, group) => sum * 65_536n + group, 0n);
    const text = formatAddress(value, "IPv6");
    assert.equal(isIP(text), 6, text);
    assert.equal(parseAddress(text), value, text);
  }
});

test("ranges contain what node:net says they contain", () => {
  const next = random(11);
  for (let round = 0; round < 500; round++) {
    const prefix = Math.floor(next() * 33);
    const cidr = parseCidr(`${formatAddress(BigInt(Math.floor(next() * 2 ** 32)), "IPv4")}/${prefix}`);
    const oracle = new BlockList();
    oracle.addSubnet(formatAddress(cidr.base, "IPv4"), prefix, "ipv4");
    const nearby = cidr.base ^ BigInt(Math.floor(next() * 2 ** Math.floor(next() * 33)));
    const address = BigInt.asUintN(32, nearby);
    assert.equal(cidrContains(cidr, address, "IPv4"), oracle.check(formatAddress(address, "IPv4"), "ipv4"), `${formatCidr(cidr)} ${address}`);
  }
});

test("network and broadcast addresses are not given out", () => {
  const cases: [string, bigint, string][] = [
    ["10.96.0.0/12", 1_048_574n, "10.96.0.1"],
    ["10.0.0.0/30", 2n, "10.0.0.1"],
    ["10.0.0.0/31", 0n, "10.0.0.1"],
    ["fd00::/112", 65_535n, "fd00::1"],
  ];
  for (const [text, size, first] of cases) assert.deepEqual([usableSize(parseCidr(text)), firstAddress(parseCidr(text))], [size, first]);
  for (const text of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/x", "fd00::/129", "10.0.0.0/8/8", ""]) assert.equal(isCidr(text), false, text);
});
