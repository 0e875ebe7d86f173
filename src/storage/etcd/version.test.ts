import assert from "node:assert/strict";
import { test } from "node:test";
import { progressOnDemand } from "./version.ts";

test("progress on demand is trusted from 3.4.31 and 3.5.13 on", () => {
  const versions: [string, boolean][] = [
    ["3.4.23", false],
    ["3.4.31", true],
    ["3.5.0", false],
    ["3.5.12", false],
    ["3.5.13", true],
    ["3.6.0-rc.1", true],
    ["4.0.0", true],
    ["3.3.27", false],
  ];
  for (const [version, expected] of versions) assert.equal(progressOnDemand(version), expected, version);
});
