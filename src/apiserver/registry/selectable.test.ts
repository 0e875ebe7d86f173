import assert from "node:assert/strict";
import { test } from "node:test";
import { SelectableTexts } from "./selectable.ts";

test("equal values are kept once, whatever characters are in them, and different ones apart", () => {
  const texts = new SelectableTexts();
  const first = texts.fields(["a\n", "b"]);
  assert.deepEqual(texts.fields(["a", "\nb"]), ["a", "\nb"]);
  assert.equal(texts.fields(["a\n", "b"]), first);
  assert.equal(texts.labels({ app: "web" }), texts.labels({ app: "web" }));
  assert.equal(texts.labels(undefined), undefined);
});
