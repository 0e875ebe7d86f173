import assert from "node:assert/strict";
import { test } from "node:test";
import { containerdConfig, hasSysResource } from "./containerd.ts";
import { layoutOf } from "./layout.ts";

test("CAP_SYS_RESOURCE is read from the effective set", () => {
  assert.equal(hasSysResource("Name:\tnode\nCapEff:\t000001ffffffffff\n"), true);
  assert.equal(hasSysResource("Name:\tnode\nCapEff:\t000001fffeffffff\n"), false);
  assert.equal(hasSysResource(""), false);
});

test("the configuration keeps to the node's own folders", () => {
  const node = layoutOf({ name: "demo" }).node("node-1");
  const config = containerdConfig(node, true);
  assert.match(config, /restrict_oom_score_adj = true/);
  const paths = config.match(/"\/(run|var)[^"]*"/g) ?? [];
  assert.ok(paths.length > 0);
  // Who is not root has the run folder among the data.
  for (const path of paths) assert.match(path, /coracle\/demo\/(run\/)?nodes\/node-1/);
});
