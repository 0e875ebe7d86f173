import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../contract.ts";
import { compareKeys, inRange } from "./key-order.ts";
import { SortedMap } from "./sorted-map.ts";

test("a sorted map agrees with a plain map that is sorted for every question", () => {
  const random = seededRandom(7);
  const map = new SortedMap<number>();
  const model = new Map<string, number>();
  for (let step = 0; step < 20_000; step++) {
    const key = `/k/${Math.floor(random() * 3000).toString(36)}`;
    if (random() < 0.6) {
      map.set(key, step);
      model.set(key, step);
    } else {
      assert.equal(map.delete(key), model.delete(key));
    }
    if (step % 500 === 0) sameRange(map, model, random);
  }
  assert.equal(map.size, model.size);
  for (const [key, value] of model) assert.equal(map.get(key), value);
  assert.equal(map.get("/absent"), undefined);
});

function sameRange(map: SortedMap<number>, model: Map<string, number>, random: () => number): void {
  const start = `/k/${Math.floor(random() * 3000).toString(36)}`;
  const end = `/k/${Math.floor(random() * 3000).toString(36)}`;
  const got: number[] = [];
  map.forEach(start, end, (value) => got.push(value));
  const keys = [...model.keys()].filter((key) => inRange({ start, end }, key)).sort(compareKeys);
  assert.deepEqual(
    got,
    keys.map((key) => model.get(key)),
  );
}

test("100,000 keys go in and come out within a second", () => {
  const random = seededRandom(11);
  const map = new SortedMap<number>();
  const started = performance.now();
  for (let index = 0; index < 100_000; index++) map.set(`/registry/pods/namespace-${Math.floor(random() * 100)}/pod-${random()}`, index);
  let count = 0;
  map.forEach("/registry/pods/namespace-1/", "/registry/pods/namespace-10", () => count++);
  assert.ok(count > 500 && count < 1500, `${count} keys in one namespace`);
  assert.ok(performance.now() - started < 2000);
});
