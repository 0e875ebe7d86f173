import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, it } from "node:test";
import { parseCidr, parseIp } from "../machinery/ip.ts";
import { containsCIDR, familyOf, nonSpecialIPErrors } from "./ip.ts";

describe("IP addresses", () => {
  it("are those that Node takes, but for leading zeros", () => {
    const texts = [
      "1.2.3.4",
      "256.1.1.1",
      "1.2.3",
      "1.2.3.4.5",
      "",
      "::",
      "::1",
      "fe80::1",
      "1::2::3",
      "2001:db8::ffff",
      "1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7",
      "::ffff:1.2.3.4",
      "g::",
      "1:2:3:4:5:6:1.2.3.4",
      "12345::",
    ];
    for (const text of texts) assert.equal(parseIp(text) !== undefined, isIP(text) !== 0, text);
    assert.deepEqual(parseIp("010.000.000.001"), parseIp("10.0.0.1"));
    assert.equal(familyOf("::ffff:1.2.3.4"), "IPv4");
    assert.equal(parseIp("::1")?.value, 1n);
  });

  it("make ranges that contain each other", () => {
    const inside = (outer: string, inner: string) => containsCIDR(parseCidr(outer)!, parseCidr(inner)!);
    assert.ok(inside("10.0.0.0/8", "10.1.0.0/16"));
    assert.ok(!inside("10.1.0.0/16", "10.0.0.0/8"));
    assert.ok(!inside("10.0.0.0/8", "11.0.0.0/16"));
    assert.ok(!inside("10.0.0.0/8", "2001:db8::/32"));
    assert.equal(parseCidr("10.0.0.0/33"), undefined);
  });

  it("are no endpoints when they are special", () => {
    for (const ip of ["0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "::", "::1", "fe80::1", "ff02::1"])
      assert.equal(nonSpecialIPErrors("ip", ip).length, 1, ip);
    for (const ip of ["10.0.0.1", "224.0.1.1", "2001:db8::1"]) assert.deepEqual(nonSpecialIPErrors("ip", ip), [], ip);
  });
});
