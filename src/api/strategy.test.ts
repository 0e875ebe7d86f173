import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../machinery/object.ts";
import { setGeneration } from "./strategy.ts";

function ofGeneration(generation: number | bigint | undefined): KubeObject {
  const metadata = { name: "a", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };
  return { apiVersion: "v1", kind: "Example", metadata: generation === undefined ? metadata : { ...metadata, generation: generation as number } };
}

const far = 9_223_372_036_854_775_806n;

for (const { before, changed, after } of [
  { before: undefined, changed: false, after: undefined },
  { before: undefined, changed: true, after: 1 },
  { before: 4, changed: false, after: 4 },
  { before: 4, changed: true, after: 5 },
  { before: far, changed: false, after: far },
  { before: far, changed: true, after: far + 1n },
  // As integers of Go go on.
  { before: far + 1n, changed: true, after: -far - 2n },
]) {
  test(`generation ${before} is ${after} after a write that ${changed ? "counts" : "does not count"}`, () => {
    const object = ofGeneration(7);
    setGeneration(object, ofGeneration(before), changed);
    assert.equal(object.metadata.generation, after);
    assert.equal("generation" in object.metadata, after !== undefined);
  });
}
