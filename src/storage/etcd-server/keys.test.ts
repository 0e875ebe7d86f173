import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../contract-tools.ts";
import { inRange } from "../mvcc/key-order.ts";
import { keyRange, keyText, lowestText } from "./keys.ts";

const none = new Uint8Array(0);

test("a bound in bytes becomes the smallest text at or above it", () => {
  const bounds: [number[], string][] = [
    [[0x61], "a"],
    [[0x61, 0x80], "a\u{80}"],
    [[0xc2], "\u{80}"],
    [[0xc2, 0xc0], "\u{c0}"],
    [[0xdf, 0xff], "\u{800}"],
    [[0xed, 0xa0], "\u{e000}"],
    [[0xef, 0xbf, 0xff], "\u{10000}"],
    [[0x61, 0xff], "b"],
    [[0x61, 0xff, 0x62], "b"],
    [[0xff], "\u{10ffff}"],
    [[0xef, 0xbb, 0xbf], "\u{feff}"],
  ];
  for (const [bytes, text] of bounds) assert.equal(lowestText(Uint8Array.from(bytes)), text, bytes.toString());
});

test("keys to be written are text and not empty", () => {
  assert.equal(keyText(Buffer.from("/registry/\u{1f6f6}")), "/registry/\u{1f6f6}");
  assert.throws(() => keyText(none), { details: "etcdserver: key is not provided" });
  assert.throws(() => keyText(Uint8Array.of(0xff)), { details: /UTF-8/ });
});

test("ranges of random bytes hold the keys that a comparison of bytes says", () => {
  const random = seededRandom(7);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const points = [0, 0x61, 0x62, 0x7f, 0x80, 0xbf, 0xc0, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10fffe];
  const raw = [0x00, 0x61, 0x7f, 0x80, 0xbf, 0xc2, 0xc3, 0xdf, 0xe0, 0xed, 0x9f, 0xa0, 0xef, 0xf0, 0x8f, 0x90, 0xf4, 0xf5, 0xff];
  const bytes = () => Uint8Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(raw));
  let hits = 0;
  for (let round = 0; round < 20_000; round++) {
    const key = String.fromCodePoint(...Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(points)));
    const [start, end] = [bytes(), random() < 0.2 ? none : random() < 0.1 ? Uint8Array.of(0) : bytes()];
    const inBytes = Buffer.from(key);
    const above = Buffer.compare(inBytes, start) >= 0;
    const expected =
      end.length === 0 ? Buffer.compare(inBytes, start) === 0 : above && ((end.length === 1 && end[0] === 0) || Buffer.compare(inBytes, end) < 0);
    assert.equal(inRange(keyRange({ key: start, range_end: end }), key), expected, `${[...inBytes]} in ${[...start]} to ${[...end]}`);
    if (expected) hits++;
  }
  assert.ok(hits > 1000);
});
