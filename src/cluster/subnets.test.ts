import assert from "node:assert/strict";
import { test } from "node:test";
import { overlaps, parseCidr, parseIPv4 } from "./subnets.ts";

test("overlapping subnets share at least one address", () => {
  const cases: [string, string, boolean][] = [
    ["10.89.0.0/24", "10.89.0.0/24", true],
    ["10.89.0.0/24", "10.89.1.0/24", false],
    ["10.0.0.0/8", "10.89.1.0/24", true],
    ["10.89.1.7", "10.89.1.0/24", true],
    ["0.0.0.0/0", "10.89.1.0/24", true],
  ];
  for (const [a, b, expected] of cases) {
    assert.equal(overlaps(a, b), expected, `${a} and ${b}`);
    assert.equal(overlaps(b, a), expected, `${b} and ${a}`);
  }
});

test("malformed addresses are refused with the text quoted", () => {
  assert.throws(() => parseIPv4("10.0.0"), /"10\.0\.0"/);
  assert.throws(() => parseCidr("10.0.0.0/40"), /"10\.0\.0\.0\/40"/);
});
