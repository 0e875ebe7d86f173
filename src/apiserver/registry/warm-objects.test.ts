import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { type Coolable, WarmObjects } from "./warm-objects.ts";

class Sample implements Coolable {
  readonly wireLength: number;
  warm = true;
  read = false;

  constructor(wireLength: number) {
    this.wireLength = wireLength;
  }

  readSinceAsked(): boolean {
    const { read } = this;
    this.read = false;
    return read;
  }

  cool(): void {
    this.warm = false;
  }
}

test("what is kept warm never exceeds the limit, and is what has been counted", () => {
  const random = seededRandom(3);
  const warm = new WarmObjects(10_000);
  const all: Sample[] = [];
  for (let step = 0; step < 20_000; step++) {
    const known = all[Math.floor(random() * all.length)];
    if (known !== undefined && random() < 0.6) {
      if (known.warm) known.read = true;
      else {
        known.warm = true;
        warm.keep(known);
      }
    } else if (all.length < 400) {
      const fresh = new Sample(1 + Math.floor(random() * 300));
      all.push(fresh);
      warm.keep(fresh);
    }
    assert.ok(warm.bytes <= 10_000);
    if (step % 500 !== 0) continue;
    const held = all.filter((sample) => sample.warm);
    assert.equal(held.length, warm.size);
    assert.equal(
      held.reduce((sum, { wireLength }) => sum + wireLength, 0),
      warm.bytes,
    );
  }
});

test("what is read again and again stays, whatever passes by", () => {
  const warm = new WarmObjects(1000);
  const hot = new Sample(100);
  warm.keep(hot);
  for (let index = 0; index < 5000; index++) {
    warm.keep(new Sample(100));
    if (index % 5 === 0) hot.read = true;
    assert.ok(hot.warm);
  }
});

test("one object that is larger than the limit is warm until the next one comes", () => {
  const warm = new WarmObjects(1000);
  const large = new Sample(5000);
  warm.keep(large);
  assert.ok(large.warm);
  const next = new Sample(10);
  warm.keep(next);
  assert.deepEqual([large.warm, next.warm, warm.bytes], [false, true, 10]);
});
