import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchedulableNode } from "../framework.ts";
import { podFacts } from "../node-info.ts";
import { cacheOf, nodeAt, podOf } from "../testing.ts";
import { imageLocality, normalizedImage } from "./image-locality.ts";

const mebibyte = 1024 * 1024;

test("nodes that have large images of the pod score higher, less so when few nodes have them", () => {
  const images: [string, number][] = [
    ["registry.test:5000/db:latest", 600 * mebibyte],
    ["web:1", 40 * mebibyte],
  ];
  const score = (image: string, others: number) => {
    const cache = cacheOf([nodeAt("a", { images }), ...Array.from({ length: others }, (_, i) => nodeAt(`other-${i}`))]);
    const pod = podFacts(podOf("p", { spec: { containers: [{ name: "c", image }] } }));
    const state = imageLocality.prepare?.(pod, cache);
    if (state === "skip" || state === undefined) return undefined;
    return imageLocality.score?.(pod, cache.node("a") as SchedulableNode, state);
  };
  assert.equal(score("registry.test:5000/db", 0), 59);
  assert.equal(score("registry.test:5000/db", 1), 28);
  assert.equal(score("web:1", 0), 1);
  assert.equal(score("web:1", 1), 0);
  assert.equal(score("unknown", 0), undefined);
});

test("an image name without a tag means latest", () => {
  assert.equal(normalizedImage("registry.test:5000/db"), "registry.test:5000/db:latest");
  assert.equal(normalizedImage("db:2"), "db:2");
});
