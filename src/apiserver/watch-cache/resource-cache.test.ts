import assert from "node:assert/strict";
import { test } from "node:test";
import { ObjectCodec, StoredObject } from "../registry/stored-object.ts";
import { ResourceCache } from "./resource-cache.ts";

const prefix = "/registry/pods/";
const codec = new ObjectCodec({ group: "", version: "v1", kind: "Pod" });
const bytes = Buffer.from("{}");

/** Numbers from 0 to below 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("lists are in key order after any changes, and those handed out before stay as they were", () => {
  const random = seeded(7);
  const cache = new ResourceCache(prefix);
  const model = new Map<string, StoredObject>();
  const expected = (within: string) => [...model.values()].filter(({ key }) => key.startsWith(within)).sort((a, b) => (a.key < b.key ? -1 : 1));
  for (let revision = 1; revision <= 3000; revision++) {
    const key = `${prefix}${random() < 0.5 ? "a" : "b"}/pod-${Math.floor(random() * 60)}`;
    const previous = model.get(key);
    const current = random() < 0.3 ? undefined : new StoredObject(codec, key, revision, bytes);
    if (current === undefined && previous === undefined) continue;
    if (current === undefined) model.delete(key);
    else model.set(key, current);
    const handedOut = cache.range(`${prefix}a/`);
    const copy = [...handedOut];
    cache.apply({ revision, key, current, previous, at: 0 });
    if (random() < 0.3) {
      assert.deepEqual(cache.range(prefix), expected(prefix));
      assert.deepEqual(cache.range(`${prefix}b/`), expected(`${prefix}b/`));
      assert.equal(cache.range(`${prefix}b/`), cache.range(`${prefix}b/`), "one array until something changes");
    }
    assert.deepEqual(handedOut, copy);
  }
});

test("a list after a reset has only what was loaded", () => {
  const cache = new ResourceCache(prefix);
  const stored = (name: string, revision: number) => new StoredObject(codec, `${prefix}${name}`, revision, bytes);
  cache.apply({ revision: 1, key: `${prefix}old`, current: stored("old", 1), previous: undefined, at: 0 });
  cache.reset([stored("b", 2), stored("a", 3)], 3);
  assert.deepEqual(
    cache.range(prefix).map(({ key }) => key),
    [`${prefix}a`, `${prefix}b`],
  );
});
