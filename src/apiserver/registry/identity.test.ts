import assert from "node:assert/strict";
import { test } from "node:test";
import { newUid } from "./identity.ts";

/** The digits of four random words, with those that the version and the variant take. */
function naive(words: readonly number[]): string {
  const digits = words
    .map((random) =>
      BigInt(Math.floor(random * 2 ** 32))
        .toString(16)
        .padStart(8, "0"),
    )
    .join("");
  const variant = "89ab"[Number(`0x${digits[16]}`) % 4];
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}

test("property: a uid is 122 random bits in the form of RFC 9562, version 4", () => {
  const extremes = [0, 1 - 2 ** -53, 2 ** -32, 0.5];
  for (let round = 0; round < 500; round++) {
    const words = Array.from({ length: 4 }, (_, index) => (round < 4 ? extremes[(round + index) % 4]! : Math.random()));
    let next = 0;
    const uid = newUid(() => words[next++]!);
    assert.equal(uid, naive(words));
    assert.match(uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
