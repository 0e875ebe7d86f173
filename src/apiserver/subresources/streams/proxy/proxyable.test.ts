import assert from "node:assert/strict";
import { test } from "node:test";
import { isProxyable } from "./proxyable.ts";

test("only addresses of pods and nodes can be proxied to", () => {
  for (const address of ["10.129.0.2", "192.168.1.1", "8.8.8.8", "fd00::1", "2001:db8::1", "::ffff:10.0.0.1"])
    assert.equal(isProxyable(address), true, address);
  const refused = [
    "",
    "localhost",
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
  ];
  for (const address of refused) assert.equal(isProxyable(address), false, address);
});
