import assert from "node:assert/strict";
import { test } from "node:test";
import { bool, int32, list, map, message, obj, str, time } from "../schema.ts";
import { estimateCost } from "./cost-estimate.ts";
import { Environment } from "./environment.ts";
import { escapedName } from "./field-names.ts";
import { schemaType } from "./schema-types.ts";
import { type StructuralSchema, structuralSizes, structuralType } from "./structural-types.ts";

const schema: StructuralSchema = {
  type: "object",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["replicas"],
      properties: {
        replicas: { type: "integer" },
        ratio: { type: "number" },
        names: { type: "array", maxItems: 5, items: { type: "string", maxLength: 10 } },
        labels: { type: "object", maxProperties: 3, additionalProperties: { type: "string" } },
        until: { type: "string", format: "date-time" },
        period: { type: "string", format: "duration" },
        data: { type: "string", format: "byte" },
        port: { "x-kubernetes-int-or-string": true },
        namespace: { type: "string" },
        "my-field": { type: "string" },
        unbounded: { type: "array", items: { type: "string" } },
      },
    },
  },
};

const root = structuralType(schema, { isRoot: true })!;
const environment = new Environment({ variables: { self: root.type } });

test("rules see a custom resource by its schema", () => {
  const self = {
    metadata: { name: "web" },
    spec: {
      replicas: 3,
      ratio: 2,
      names: ["a"],
      labels: { a: "b" },
      until: "2026-01-01T00:00:00Z",
      period: "1h",
      data: "YWI=",
      port: "http",
      namespace: "x",
      "my-field": "y",
    },
  };
  const holds = [
    "self.spec.replicas > 2 && self.metadata.name == 'web'",
    // Whole numbers of a number's field are doubles.
    "self.spec.ratio / 4.0 == 0.5",
    "self.spec.names.all(name, name.size() == 1) && self.spec.labels['a'] == 'b'",
    "self.spec.until < timestamp('2027-01-01T00:00:00Z') && self.spec.period == duration('60m')",
    "self.spec.data == b'ab'",
    "self.spec.port == 'http' && self.spec.__namespace__ == 'x' && self.spec.my__dash__field == 'y'",
    "!has(self.spec.unbounded)",
  ];
  for (const expression of holds) {
    const { program, issues } = environment.compile(expression);
    assert.ok(program !== undefined, `${expression}: ${issues?.[0]?.message}`);
    const outcome = program.evaluate({ self });
    assert.equal("value" in outcome && outcome.value, true, `${expression}: ${outcome.error?.message}`);
  }
  const refused: [string, RegExp][] = [
    ["self.spec.nothing == 1", /undefined field 'nothing'/],
    ["self.spec.namespace == ''", /undefined field 'namespace'|reserved/],
    ["self.spec.replicas == 'x'", /found no matching overload for '_==_' applied to '\(int, string\)'/],
    ["self.status.phase == ''", /undefined field 'status'/],
    ["self.metadata.labels == {}", /undefined field 'labels'/],
  ];
  for (const [expression, expected] of refused) assert.match((environment.compile(expression) as { text: string }).text, expected);
});

test("a schema's bounds bound what rules may cost", () => {
  const most = (expression: string) => estimateCost(environment.compile(expression).program!.checked, structuralSizes({ self: root })).max;
  assert.equal(most("self.spec.names.all(name, name == 'x')"), 4 + 5 * 5);
  assert.ok(most("self.spec.labels.all(key, self.spec.labels[key].matches('^[a-z]+$'))") < 4_000_000);
  assert.ok(most("self.spec.unbounded.all(a, self.spec.unbounded.all(b, a == b))") > 1e12);
  assert.ok(Number.isFinite(most("self.spec.unbounded.all(a, a.matches('x'))")));
});

test("names that are no identifiers are escaped, or out of reach", () => {
  const rows: [string, string | undefined][] = [
    ["plain", "plain"],
    ["for", "__for__"],
    ["a-b.c/d", "a__dash__b__dot__c__slash__d"],
    ["a__b", "a__underscores__b"],
    ["$ref", undefined],
    ["1st", undefined],
    ["", undefined],
  ];
  for (const [name, expected] of rows) assert.equal(escapedName(name), expected);
});

test("expressions see built-in kinds by their schemas", () => {
  const inner = message("Inner", "", { at: time(1, ""), ready: bool(2, "") });
  const outer = message("Outer", "", {
    name: str(1, ""),
    count: int32(2, ""),
    parts: list(3, inner, ""),
    labels: map(4, "string", ""),
    inner: obj(5, inner, ""),
  });
  const typed = new Environment({ variables: { object: schemaType(outer) } });
  assert.equal(
    typed.compile("object.parts.all(p, p.ready && p.at > timestamp('2020-01-01T00:00:00Z')) && object.labels['a'] == object.name").issues,
    undefined,
  );
  assert.match((typed.compile("object.count == object.name") as { text: string }).text, /applied to '\(int, string\)'/);
  assert.match((typed.compile("object.inner.missing") as { text: string }).text, /undefined field 'missing'/);
});
