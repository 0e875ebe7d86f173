import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../../api/apps/v1/deployment.ts";
import { configMap } from "../../api/core/v1/config-map.ts";
import { node } from "../../api/core/v1/node.ts";
import { pod } from "../../api/core/v1/pod.ts";
import { service } from "../../api/core/v1/service.ts";
import { clusterRole } from "../../api/rbac/v1/cluster-role.ts";
import { randomObject, seeded } from "../fake-objects.ts";
import { copyJson } from "../json.ts";
import { atomOf } from "./atoms.ts";
import { compareObjects } from "./compare.ts";
import { difference, emptySet, type FieldSet, recursiveDifference } from "./field-set.ts";
import { neverOwned } from "./never-owned.ts";
import { newFields } from "./new-fields.ts";

const status: FieldSet = { "f:status": {} };
const kinds = [pod, deployment, configMap, node, service, clusterRole];

function naive(schema: (typeof kinds)[number], object: object, ignored: FieldSet): FieldSet {
  const { changed } = compareObjects(atomOf(schema), {}, object as Record<string, unknown>);
  return difference(recursiveDifference(changed, ignored), neverOwned);
}

function outcome(fields: () => FieldSet): unknown {
  try {
    return fields();
  } catch (error) {
    return String(error);
  }
}

/** The same object with one thing in it removed, emptied, repeated or replaced. */
function bent(value: Record<string, unknown>, random: (bound: number) => number): void {
  const names = Object.keys(value);
  const name = names[random(names.length)];
  if (name === undefined) return;
  const item = value[name];
  const deeper = typeof item === "object" && item !== null && random(5) > 0;
  if (deeper && Array.isArray(item) && item.length > 0 && random(3) === 0) item.push(copyJson(item[random(item.length)]));
  else if (deeper) bent(item as Record<string, unknown>, random);
  else if (Array.isArray(value)) value.splice(Number(name), random(2));
  else if (random(3) === 0) delete value[name];
  else if (random(2) === 0) value[name] = Array.isArray(item) ? [] : typeof item === "object" ? {} : item;
  else value[name] = typeof item === "string" ? "changed" : item;
}

test("property: what is remembered is what a comparison with nothing gives", () => {
  const random = seeded(7);
  for (const kind of kinds) {
    for (let round = 0; round < 60; round++) {
      const object = randomObject(kind, random, 4);
      for (let change = 0; change < 8; change++) {
        const ignored = random(4) === 0 ? emptySet : status;
        assert.deepEqual(
          outcome(() => newFields(kind, object, ignored)),
          outcome(() => naive(kind, object, ignored)),
        );
        bent(object, random);
      }
    }
  }
});

const web = (name: string, image: string, port: number) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name }, finalizers: ["example.com/a"] },
  spec: { containers: [{ name: "web", image, ports: [{ containerPort: port, protocol: "TCP" }], resources: { limits: { cpu: "1" } } }], nodeSelector: {} },
});

test("objects of one template share one frozen set", () => {
  const first = newFields(pod, web("a", "x:1", 80), status);
  assert.equal(newFields(pod, web("b", "x:2", 80), status), first);
  assert.ok(Object.isFrozen(first["f:spec"]?.["f:containers"]));
  assert.notEqual(newFields(pod, web("b", "x:2", 80), emptySet), first);
});

test("another key of a list, another finalizer, one field more or less is another set", () => {
  const first = newFields(pod, web("a", "x:1", 80), status);
  const other = (change: (object: ReturnType<typeof web>) => void) => {
    const object = web("a", "x:1", 80);
    change(object);
    const fields = newFields(pod, object, status);
    assert.notEqual(fields, first);
    assert.deepEqual(fields, naive(pod, object, status));
  };
  other(({ spec }) => Object.assign(spec.containers[0]!.ports[0]!, { containerPort: 81 }));
  other(({ metadata }) => metadata.finalizers.splice(0, 1, "example.com/b"));
  other(({ metadata }) => Object.assign(metadata.labels, { tier: "x" }));
  other(({ spec }) => Object.assign(spec, { nodeName: "n" }));
  other(({ spec }) => spec.containers.push(spec.containers[0]!));
  other(({ spec }) => Object.assign(spec.containers[0]!, { image: undefined }));
});

test("the sets remembered are few, and what has been forgotten is computed again", () => {
  const first = newFields(configMap, { metadata: { name: "a" }, data: { key0: "" } });
  for (let other = 1; other <= 8; other++) newFields(configMap, { metadata: { name: "a" }, data: { [`key${other}`]: "" } });
  const again = newFields(configMap, { metadata: { name: "a" }, data: { key0: "" } });
  assert.notEqual(again, first);
  assert.deepEqual(again, first);
});
