import assert from "node:assert/strict";
import { test } from "node:test";
import { isProxyable } from "./proxyable.ts";

test("a proxy reaches pods and nodes, not the server's own machine", () => {
  for (const address of ["10.128.0.4", "192.0.2.1", "fd00::1", "2001:db8::1"]) assert.equal(isProxyable(address), true, address);
  for (const address of ["", "web", "0.0.0.0", "127.0.0.1", "169.254.169.254", "224.0.0.1", "::", "::1", "fe80::1", "ff02::1", "::ffff:10.128.0.4"]) {
    assert.equal(isProxyable(address), false, address);
  }
});
