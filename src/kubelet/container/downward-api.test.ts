import assert from "node:assert/strict";
import { test } from "node:test";
import { testPod } from "../pod/testing.ts";
import { fieldValue, formatMap } from "./downward-api.ts";

const facts = { podIps: [], nodeIps: [], nodeName: "n", allocatable: {} };

test("maps are sorted lines of quoted values", () => {
  assert.equal(formatMap({ b: "2", a: 'x"y\\\n' }), 'a="x\\"y\\\\\\n"\nb="2"');
  assert.equal(formatMap(undefined), "");
});

test("single labels and annotations, empty when absent", () => {
  const pod = testPod({}, { metadata: { name: "web", namespace: "default", uid: "u", labels: { "a/b": "c" } } });
  assert.equal(fieldValue(pod, "metadata.labels['a/b']", facts), "c");
  assert.equal(fieldValue(pod, "metadata.annotations['x']", facts), "");
  assert.throws(() => fieldValue(pod, "spec.nope", facts), /unsupported fieldPath: spec.nope/);
});
