import assert from "node:assert/strict";
import { test } from "node:test";
import { configMap } from "../api/core/v1/config-map.ts";
import { networkPolicy } from "../api/networking/v1/network-policy.ts";
import { decodeValue } from "./decode.ts";
import { holdsEmpties, pathsSentEmpty, sentEmpty, sentEmptyWithin } from "./sent-empty.ts";

const spec = { podSelector: { matchLabels: {} }, ingress: [{ from: [{ podSelector: {} }], ports: [] }, {}], egress: null };
const policy = () => decodeValue(networkPolicy, { metadata: { labels: {} }, spec }, "Ignore").object;

test("what was sent empty is not in the object, and is known beside it", () => {
  const object = policy();
  assert.deepEqual(object, { metadata: {}, spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }, {}] } });
  assert.deepEqual(pathsSentEmpty(object), [
    ["metadata", "labels"],
    ["spec", "podSelector", "matchLabels"],
    ["spec", "ingress", 0, "ports"],
  ]);
  assert.deepEqual([sentEmptyWithin(object, "spec"), sentEmptyWithin(object, "status")], [true, false]);
});

test("a field that has been filled since does not count", () => {
  const object = decodeValue(configMap, { data: {} }, "Ignore").object;
  assert.deepEqual([sentEmpty(object, "data"), sentEmpty(object, "binaryData"), sentEmpty(undefined, "data")], [true, false, false]);
  object["data"] = { a: "b" };
  assert.deepEqual([sentEmpty(object, "data"), sentEmptyWithin(object, "data")], [false, false]);
});

test("objects without any are plain", () => {
  assert.equal(holdsEmpties(decodeValue(configMap, { data: { a: "" }, binaryData: null }, "Ignore").object), false);
  assert.deepEqual(pathsSentEmpty({ data: {} }), []);
});
