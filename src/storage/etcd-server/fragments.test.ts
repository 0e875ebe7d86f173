import assert from "node:assert/strict";
import { test } from "node:test";
import { fragments } from "./fragments.ts";
import type { WireEvent } from "./protocol.ts";

test("events are split by size, in order, and one that is too large stands alone", () => {
  const event = (size: number): WireEvent => ({ type: "PUT", kv: { key: Buffer.from("k"), value: new Uint8Array(size), mod_revision: 1 } });
  const split = (sizes: number[]) => fragments(sizes.map(event), 1000).map((part) => part.map(({ kv }) => kv.value?.length));
  assert.deepEqual(split([]), [[]]);
  assert.deepEqual(split([100, 100]), [[100, 100]]);
  assert.deepEqual(split([400, 400, 400]), [[400, 400], [400]]);
  assert.deepEqual(split([10, 5000, 10]), [[10], [5000], [10]]);
});
