import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments } from "../../api/apps/v1/deployment.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { allDefinitions } from "../../api/index.ts";
import { randomObject, seeded } from "../../machinery/fake-objects.ts";
import { stringifyJson } from "../../machinery/json-codec.ts";
import { apiVersionOf, type KubeObject } from "../../machinery/object.ts";
import { pathsSentEmpty } from "../../machinery/sent-empty.ts";
import { StatusError } from "../../machinery/status.ts";
import { measuredFromBytes } from "./body-limits.ts";
import { applyDefaults, type Body, decodeBody, decodeInSteps } from "./decode.ts";
import { noPause } from "./pause.ts";

const validations = ["Strict", "Warn", "Ignore"] as const;

type Warn = (warning: string) => void;

/** Everything that can be told of a decoded body. */
async function outcome(decode: (warn: Warn) => KubeObject | Promise<KubeObject>): Promise<unknown> {
  const warnings: string[] = [];
  try {
    const object = await decode((warning) => warnings.push(warning));
    return { json: stringifyJson(object), empty: pathsSentEmpty(object), warnings };
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return { message: error.message, code: error.status.code };
  }
}

/** Long bodies are never decoded at a glance. Messages show that there is more than their beginning. */
const short = (text: string) => text + " ".repeat(30);
const json = (text: string): Body => ({ type: "json", bytes: Buffer.from(text) });
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
  (text) => text.replace(/"kind":"\w+",?/, ""),
  (text) => text.replace(/"(metadata|spec|status|resources|template)":\{/g, '"$1":null,"former":{'),
  (text) => text.replace(/"(spec|status|resources|template|strategy)":/g, '"no":'),
  (text) => text.replaceAll('"500m"', '"1500001n"'),
  (text) => text.replace(/"([a-zA-Z]+)":"[^"]*"/g, '"$1":""'),
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

test("property: bodies that are decoded at a glance come out as those that are read with care, with and without defaults", async () => {
  const random = seeded(3);
  for (const definition of allDefinitions) {
    const names = { apiVersion: apiVersionOf(definition), kind: definition.kind };
    for (const change of changes) {
      if (random(3) > 0) continue;
      const object = stringifyJson({ ...names, ...randomObject(definition.schema, random, 1 + random(5)), ...names });
      // With longer numbers no text is decoded at a glance.
      const text = change(object.replace(/[0-9]{16,}/g, "7"));
      const validation = validations[random(validations.length)]!;
      const options = (warn: Warn) => ({ schema: definition.schema, gvk: definition, validation, warn });
      const [quick, careful] = [json(short(text)), json(long(text))];
      assert.deepEqual(await outcome((warn) => decodeBody(quick, options(warn))), await outcome((warn) => decodeBody(careful, options(warn))), text);
      assert.deepEqual(
        await outcome((warn) => decodeInSteps(quick, definition, { validation, warn }, noPause)),
        await outcome((warn) => applyDefaults(definition, decodeBody(careful, options(warn)))),
        text,
      );
    }
  }
});

test("a value from this process is copied, and what was sent as text is nobody else's", () => {
  const value = Object.freeze({ metadata: Object.freeze({ name: "a", labels: Object.freeze({ a: "b" }) }), spec: Object.freeze({ paused: false }) });
  const options = { schema: deployments.schema, gvk: deployments, validation: "Strict", warn: assert.fail } as const;
  const fromValue = decodeBody({ type: "value", value }, options);
  const fromText = decodeBody(json(JSON.stringify(value)), options);
  assert.deepEqual(fromText, fromValue);
  assert.deepEqual(fromText, { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a", labels: { a: "b" } }, spec: {} });
  (fromValue.metadata.labels as Record<string, string>)["c"] = "d";
  assert.deepEqual(value.metadata.labels, { a: "b" });
});

test("defaults that are filled in on the way are those of objects decoded before", async () => {
  const container = {
    name: "",
    image: "a",
    terminationMessagePath: "",
    livenessProbe: { httpGet: { port: "web" } },
    ports: [{ containerPort: 1, protocol: "" }],
    resources: { limits: { cpu: "1500001n", memory: 1024 } },
  };
  const volumes = [{ name: "a", hostPath: { path: "/", type: "" } }, { name: "b" }, { name: "c", secret: {} }];
  const body = json(JSON.stringify({ metadata: { name: "a" }, spec: { restartPolicy: "", containers: [container, {}], volumes, overhead: { cpu: "1n" } } }));
  const found = await decodeInSteps(body, pods, { validation: "Strict", warn: assert.fail }, noPause);
  const expected = applyDefaults(pods, decodeBody(body, { schema: pods.schema, gvk: pods, validation: "Strict", warn: assert.fail }));
  assert.equal(stringifyJson(found), stringifyJson(expected));
  const { containers, overhead } = (found as Pod).spec;
  assert.deepEqual([containers[0]?.resources?.limits, overhead], [{ cpu: "2m", memory: "1024" }, { cpu: "1m" }]);
});
