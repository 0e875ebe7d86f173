import assert from "node:assert/strict";
import { test } from "node:test";
import { applyStaticDefaults } from "./defaults.ts";
import { int32, list, type MessageSchema, map, message, obj, str } from "./schema.ts";

const leaf = message("test.v1.Leaf", "", { protocol: str(1, "", { default: "TCP" }), count: int32(2, "", { default: 1 }) });
const strategy = message("test.v1.Strategy", "", { type: str(1, "", { default: "Rolling" }), tags: list(2, "string", "", { default: ["a"] }) });
const node: ReturnType<typeof makeNode> = makeNode();
function makeNode() {
  return message("test.v1.Node", "", {
    name: str(1, ""),
    strategy: obj(2, strategy, "", { default: {} }),
    leaf: obj(3, leaf, ""),
    leaves: list(4, leaf, ""),
    byName: map(5, leaf, ""),
    plain: obj(6, message("test.v1.Plain", "", { x: str(1, "") }), ""),
  });
}

test("absent fields get their defaults wherever the parent is present", () => {
  const object = { leaf: { count: 0 }, leaves: [{}, { protocol: "UDP" }], byName: { a: { protocol: "" } }, plain: {} };
  applyStaticDefaults(node, object);
  assert.deepEqual(object, {
    strategy: { type: "Rolling", tags: ["a"] },
    leaf: { count: 0, protocol: "TCP" },
    leaves: [
      { protocol: "TCP", count: 1 },
      { protocol: "UDP", count: 1 },
    ],
    byName: { a: { protocol: "TCP", count: 1 } },
    plain: {},
  });
});

test("defaults are copies: changing one object leaves the next alone", () => {
  const first: { strategy?: { tags: string[] } } = {};
  applyStaticDefaults(node, first);
  first.strategy!.tags.push("b");
  const second: typeof first = {};
  applyStaticDefaults(node, second);
  assert.deepEqual(second.strategy!.tags, ["a"]);
});

test("schemas that refer to themselves are no trouble", () => {
  const tree: MessageSchema = message("test.v1.Tree", "", { kind: str(1, "", { default: "leaf" }), child: obj(2, () => tree, "") });
  const object = { child: { child: {} } };
  applyStaticDefaults(tree, object);
  assert.deepEqual(object, { kind: "leaf", child: { kind: "leaf", child: { kind: "leaf" } } });
});
