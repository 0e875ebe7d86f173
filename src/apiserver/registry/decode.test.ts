import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments } from "../../api/apps/v1/deployment.ts";
import { allDefinitions } from "../../api/index.ts";
import { randomObject, seeded } from "../../machinery/fake-objects.ts";
import { stringifyJson } from "../../machinery/json-codec.ts";
import { apiVersionOf } from "../../machinery/object.ts";
import { pathsSentEmpty } from "../../machinery/sent-empty.ts";
import { StatusError } from "../../machinery/status.ts";
import { measuredFromBytes } from "./body-limits.ts";
import { decodeBody, decodeInSteps } from "./decode.ts";
import { noPause } from "./pause.ts";

type Definition = (typeof allDefinitions)[number];

const validations = ["Strict", "Warn", "Ignore"] as const;

/** Everything that can be told of a decoded body. */
function outcome({ schema, ...gvk }: Definition, text: string, validation: (typeof validations)[number]): unknown {
  const warnings: string[] = [];
  try {
    const object = decodeBody({ type: "json", bytes: Buffer.from(text) }, { schema, gvk, validation, warn: (warning) => warnings.push(warning) });
    return { json: stringifyJson(object), empty: pathsSentEmpty(object), warnings };
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return { message: error.message, code: error.status.code };
  }
}

/** Long bodies are never decoded at a glance. Messages show that there is more than their beginning. */
const short = (text: string) => text + " ".repeat(30);
const long = (text: string) => text + " ".repeat(measuredFromBytes);

const changes: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text,
  (text) => text.replace("{", '{"unknown":[{"a":1}],'),
  (text) => text.replace("{", '{"__proto__":{"a":1},"constructor":null,'),
  (text) => text.replace("{", '{"metadata":{"name":"twice"},'),
  (text) => text.replace("{", '{"kind":null,'),
  (text) => text.replace(/"kind":"\w+"/, '"kind":""'),
  (text) => text.replace(/"kind":"\w+"/, '"kind":"Pod"'),
  (text) => text.replace(/"kind":"\w+"/, '"kind":[]'),
  (text) => text.replace(/"apiVersion":"[^"]+"/, '"apiVersion":""'),
  (text) => text.replace(/"apiVersion":"[^"]+"/, '"apiVersion":"a/b/c"'),
  (text) => text.replace(/"apiVersion":"[^"]+"/, '"apiVersion":"apps/v2"'),
  (text) => text.replace(/"name":"\w*"/, '"name":null'),
  (text) => text.replace(/"labels":\{[^}]*\}/, '"labels":{}'),
  (text) => text.replace(/"labels":\{[^}]*\}/, '"labels":{"a":1}'),
  (text) => text.replace(/\btrue\b/g, "false"),
  (text) => text.replace(/:\d+/g, ":9223372036854775808"),
  (text) => text.replace(/:\d+/g, ":1e999"),
  (text) => text.replaceAll('":', '"\n : '),
  (text) => text.slice(0, -1),
  () => "null",
  () => "[]",
];

test("property: bodies that are decoded at a glance come out as those that are read with care", () => {
  const random = seeded(3);
  for (const definition of allDefinitions) {
    const names = { apiVersion: apiVersionOf(definition), kind: definition.kind };
    for (const change of changes) {
      if (random(3) > 0) continue;
      const text = change(stringifyJson({ ...names, ...randomObject(definition.schema, random, 3), ...names }));
      const validation = validations[random(validations.length)]!;
      assert.deepEqual(outcome(definition, short(text), validation), outcome(definition, long(text), validation), text);
    }
  }
});

test("a value from this process is copied, and what was sent as text is nobody else's", async () => {
  const value = Object.freeze({ metadata: Object.freeze({ name: "a", labels: Object.freeze({ a: "b" }) }), spec: Object.freeze({ paused: false }) });
  const options = { schema: deployments.schema, gvk: deployments, validation: "Strict", warn: assert.fail } as const;
  const fromValue = await decodeInSteps({ type: "value", value }, options, noPause);
  const fromText = await decodeInSteps({ type: "json", bytes: Buffer.from(JSON.stringify(value)) }, options, noPause);
  assert.deepEqual(fromText, fromValue);
  assert.deepEqual(fromText, { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a", labels: { a: "b" } }, spec: {} });
  (fromValue.metadata.labels as Record<string, string>)["c"] = "d";
  assert.deepEqual(value.metadata.labels, { a: "b" });
});
