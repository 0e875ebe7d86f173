import assert from "node:assert/strict";
import { test } from "node:test";
import { allDefinitions } from "../api/index.ts";
import { applyStaticDefaults } from "./defaults.ts";
import { type RandomInt, randomObject, seeded } from "./fake-objects.ts";
import { copyJson } from "./json.ts";
import { stringifyJson } from "./json-codec.ts";
import { zeroWhenAbsent } from "./managed-fields/always-present.ts";
import { pointerFields } from "./pointers.ts";
import { milliRoundedQuantity } from "./quantity.ts";
import { int32, list, type MessageSchema, map, message, obj, str } from "./schema.ts";
import { fieldMessage } from "./schema-walk.ts";

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

/** Every field of every message is looked at. */
function naive(schema: MessageSchema, target: Record<string, unknown>): void {
  for (const [key, field] of Object.entries(schema.fields)) {
    const value = field.options.default ?? zeroWhenAbsent(schema.name, key, field);
    const isAbsent = target[key] === undefined || (target[key] === "" && !pointerFields(schema.name).has(key));
    if (isAbsent && value !== undefined) target[key] = copyJson(value);
  }
  for (const [key, field] of Object.entries(schema.fields)) {
    const value = target[key];
    const below = fieldMessage(field);
    if (typeof value !== "object" || value === null) continue;
    if (field.kind === "map" && field.value === "quantity" && !schema.name.startsWith("io.k8s.api.resource.")) {
      target[key] = Object.fromEntries(Object.entries(value).map(([name, amount]) => [name, milliRoundedQuantity(amount as string)]));
    } else if (below !== undefined) {
      for (const item of field.kind === "message" ? [value] : Object.values(value)) naive(below, item as Record<string, unknown>);
    }
  }
}

/** Some texts empty, some objects too, some amounts finer than counts. */
function thinned(value: unknown, random: RandomInt): unknown {
  if (typeof value === "string") return random(10) === 0 ? "" : value === "500m" ? "1500001n" : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => (typeof item === "string" ? item : thinned(item, random)));
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (random(3) === 0 ? [] : [[key, item === "" ? "" : thinned(item, random)]])));
}

test("property: what is filled in does not depend on what is looked at", () => {
  const random = seeded(5);
  for (const { schema } of allDefinitions) {
    for (let round = 0; round < 12; round++) {
      const object = thinned(randomObject(schema, random, 1 + random(5)), random) as Record<string, unknown>;
      const [found, expected] = [copyJson(object), copyJson(object)];
      let refusal: unknown;
      try {
        naive(schema, expected);
      } catch (error) {
        refusal = error;
      }
      if (refusal !== undefined) assert.throws(() => applyStaticDefaults(schema, found), refusal as Error);
      else {
        applyStaticDefaults(schema, found);
        assert.equal(stringifyJson(found), stringifyJson(expected));
      }
    }
  }
});
