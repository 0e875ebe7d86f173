import assert from "node:assert/strict";
import { test } from "node:test";
import { missingPackages } from "./host-packages.ts";

test("only packages none of whose programs is present are missing", () => {
  assert.deepEqual(
    missingPackages(() => true),
    [],
  );
  assert.deepEqual(
    missingPackages((program) => program !== "nft" && program !== "/bin/busybox"),
    ["nftables"],
  );
  assert.ok(missingPackages(() => false).includes("containerd"));
});
