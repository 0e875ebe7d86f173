/**
 * Mutated requests many at a time, as real clients send them. `FUZZ_SEED` and `FUZZ_REQUESTS` ask for others. Takes some
 * seconds of one core.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { campaignOf } from "../testing/fuzz/in-process.ts";
import { requestsSideBySide } from "../testing/fuzz/side-by-side.ts";

const { seed, count } = campaignOf(6_000);

test(`${count} requests, 60 at a time, all end, and watches tell what lists tell (seed ${seed})`, async () => {
  const { failures, codes, objects } = await requestsSideBySide({ seed, count, atOnce: 60 });
  assert.deepEqual(failures, []);
  assert.ok((codes.get(201) ?? 0) > count / 50, `creates: ${codes.get(201)}`);
  assert.ok(objects > 20, `objects: ${objects}`);
});
