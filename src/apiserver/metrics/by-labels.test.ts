import assert from "node:assert/strict";
import { test } from "node:test";
import { ByLabels } from "./by-labels.ts";

test("what belongs to some values is made once, and is nobody else's", () => {
  const things = new ByLabels<{ readonly number: number }>();
  const lists = [[], [""], ["", ""], ["a"], ["a", "b"], ["a", "c"], ["ab"], ["a", ""], ["__proto__", "constructor"]];
  let made = 0;
  const first = lists.map((values) => things.get(values, () => ({ number: ++made })));
  assert.deepEqual(
    first.map(({ number }) => number),
    lists.map((_values, index) => index + 1),
  );
  for (const [index, values] of lists.entries()) {
    const again = things.get([...values], () => assert.fail("made twice"));
    assert.equal(again, first[index]);
  }
});
