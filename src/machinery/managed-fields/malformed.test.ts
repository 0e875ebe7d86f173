import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../../api/apps/v1/deployment.ts";
import { pod } from "../../api/core/v1/pod.ts";
import { applyStrategicMergePatch } from "../patches/strategic-merge.ts";
import { deepFreeze, seeded } from "../patches/testing.ts";
import { StatusError } from "../status.ts";
import { apply } from "./apply.ts";
import { recordUpdate, withManagedFields } from "./update.ts";

const keys = [
  ...["metadata", "spec", "status", "containers", "name", "ports", "containerPort", "env", "labels", "finalizers", "ownerReferences", "uid", "managedFields"],
  ...["volumes", "template", "conditions", "type", "$patch", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers"],
  ...["__proto__", "constructor", "f:a", "k:{}", ".", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
];
const scalars = [null, 1, "a", "delete", "replace", true, 2n ** 60n, -1, 1.5, "", "{}"];

/** JSON of roughly the right words in the wrong places. */
function nonsense(random: (bound: number) => number, depth: number): unknown {
  const kind = random(depth <= 0 ? 4 : 10);
  if (kind < 4) return scalars[random(scalars.length)];
  if (kind < 6) return Array.from({ length: random(4) }, () => nonsense(random, depth - 1));
  return nonsenseObject(random, depth);
}

function nonsenseObject(random: (bound: number) => number, depth: number): object {
  const result = {};
  for (let left = random(5); left > 0; left--) {
    const value = nonsense(random, depth - 1);
    Object.defineProperty(result, keys[random(keys.length)] as string, { value, enumerable: true, configurable: true, writable: true });
  }
  return result;
}

test("property: whatever clients send, the answer is an object or a StatusError below 500", () => {
  const random = seeded(31);
  const attempt = (action: () => unknown) => {
    try {
      assert.equal(typeof action(), "object");
    } catch (error) {
      assert.ok(error instanceof StatusError && error.code < 500, error as Error);
    }
  };
  for (let round = 0; round < 3000; round++) {
    const schema = [pod, deployment, undefined][random(3)];
    const common = { schema, apiVersion: "v1", now: 0, manager: random(2) === 0 ? "kubectl" : "m" };
    const base = withManagedFields({ ...nonsenseObject(random, 5), metadata: nonsenseObject(random, 3) }, undefined);
    const live = deepFreeze(withManagedFields(base, recordUpdate({ ...common, live: undefined, object: base })));
    const sent = deepFreeze(nonsenseObject(random, 6));
    attempt(() => recordUpdate({ ...common, live, object: sent }) ?? []);
    attempt(() => apply({ ...common, kind: "Pod", live, applied: { ...sent, apiVersion: "v1", kind: "Pod" }, force: random(2) === 0 }));
    attempt(() => applyStrategicMergePatch(schema, live, sent));
  }
  assert.equal(Object.hasOwn(Object.prototype, "containers"), false);
});
