import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "./object.ts";
import { quantityText } from "./quantity.ts";
import { quotaMatches } from "./quota-scopes.ts";
import { missingResources, usageOf } from "./quota-usage.ts";

function used(group: string, resource: string, rest: object): Record<string, string> {
  const usage = usageOf({ group, resource }, { metadata: { name: "a", namespace: "n", uid: "u" }, ...rest } as unknown as KubeObject, 0);
  return Object.fromEntries([...usage].filter(([name]) => !name.startsWith("count/")).map(([name, amount]) => [name, quantityText(amount)]));
}

test("claims are charged whole bytes, and what a volume once grew to", () => {
  const claim = (storage: string, allocated?: string) =>
    used("", "persistentvolumeclaims", {
      spec: { storageClassName: "gold", resources: { requests: { storage } } },
      ...(allocated === undefined ? {} : { status: { allocatedResources: { storage: allocated } } }),
    })["gold.storageclass.storage.k8s.io/requests.storage"];
  assert.deepEqual([claim("1Gi"), claim("1500m"), claim("1Gi", "2Gi"), claim("3Gi", "2Gi")], ["1Gi", "2", "2Gi", "3Gi"]);
});

test("device claims are charged by class: exactly, all, or the worst of what may be given", () => {
  const claim = (...requests: object[]) => used("resource.k8s.io", "resourceclaims", { spec: { devices: { requests } } });
  const key = (name: string) => `${name}.deviceclass.resource.k8s.io/devices`;
  assert.deepEqual(claim({ exactly: { deviceClassName: "gpu", allocationMode: "ExactCount", count: 2 } }, { exactly: { deviceClassName: "gpu" } }), {
    [key("gpu")]: "3",
  });
  assert.deepEqual(claim({ exactly: { deviceClassName: "gpu", allocationMode: "All" } }), { [key("gpu")]: "32" });
  const alternatives = [
    { deviceClassName: "big", count: 1 },
    { deviceClassName: "small", count: 2 },
    { deviceClassName: "small", count: 4 },
  ];
  assert.deepEqual(claim({ firstAvailable: alternatives }), { [key("big")]: "1", [key("small")]: "4" });
});

test("a claim counts for every attributes class it has to do with", () => {
  const claim = {
    metadata: { name: "a" },
    spec: { volumeAttributesClassName: "new" },
    status: { currentVolumeAttributesClassName: "old" },
  } as unknown as KubeObject;
  const none = { metadata: { name: "a" }, spec: {} } as unknown as KubeObject;
  const matches = (object: KubeObject, operator: string, ...values: string[]) => {
    const scopeSelector = { matchExpressions: [{ scopeName: "VolumeAttributesClass", operator, values }] };
    return quotaMatches({ spec: { scopeSelector } }, { group: "", resource: "persistentvolumeclaims" }, object);
  };
  assert.deepEqual(
    [matches(claim, "In", "old"), matches(claim, "In", "new"), matches(claim, "In", "other"), matches(claim, "Exists")],
    [true, true, false, true],
  );
  assert.deepEqual([matches(none, "Exists"), matches(none, "DoesNotExist"), matches(none, "In", "old")], [false, true, false]);
});

test("containers that lack what a quota demands are named in order", () => {
  const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "b" }, { name: "a" }] } } as unknown as Parameters<typeof missingResources>[0];
  assert.equal(missingResources(pod, { "requests.cpu": "1", "limits.memory": "1Gi" }), "must specify limits.memory for: a,b; requests.cpu for: a,b");
});
