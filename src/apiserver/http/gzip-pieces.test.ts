import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, createGunzip, gunzipSync } from "node:zlib";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { acceptsGzip } from "./accept.ts";
import { gzipPieces, joinedCrc } from "./gzip-pieces.ts";

test("pieces make one gzip member of the whole text, whatever the items are", async () => {
  const random = seededRandom(1);
  const texts = ["", "{}", '{"a":1},'.repeat(50_000), Buffer.from(Array.from({ length: 300_000 }, () => random() * 256)).toString("latin1")];
  for (const text of texts) {
    const items = Buffer.from(text, "latin1");
    for (const revision of [7, 12_345]) {
      const head = Buffer.from(`{"kind":"List","metadata":{"resourceVersion":"${revision}"},"items":[`);
      const whole = Buffer.concat(await gzipPieces(head, items, Buffer.from("]}\n")));
      assert.ok(gunzipSync(whole).equals(Buffer.concat([head, items, Buffer.from("]}\n")])));
      // One member: nothing is left over for readers that stop after the first.
      const gunzip = createGunzip();
      gunzip.end(whole);
      for await (const _ of gunzip);
      assert.equal(gunzip.bytesWritten, whole.length);
    }
  }
});

test("items that have not changed are compressed once", async () => {
  const items = Buffer.from('{"a":1},'.repeat(50_000));
  const [first, second] = await Promise.all([1, 2].map((n) => gzipPieces(Buffer.from(`${n}[`), items, Buffer.from("]"))));
  assert.equal(first![2], second![2]);
  assert.ok(first![2]!.length < items.length / 10);
});

test("checksums are joined without the bytes", () => {
  const random = seededRandom(2);
  for (let i = 0; i < 200; i++) {
    const [a, b] = [0, 0].map(() => Buffer.from(Array.from({ length: Math.floor(random() * 300) }, () => random() * 256)));
    assert.equal(joinedCrc(crc32(a!), crc32(b!), b!.length), crc32(Buffer.concat([a!, b!])));
  }
});

test("gzip is what a client names as such, as upstream reads it", () => {
  const cases: [header: string | undefined, accepted: boolean][] = [
    [undefined, false],
    ["", false],
    ["gzip", true],
    ["deflate, gzip", true],
    ["br,gzip ,x", true],
    ["*", false],
    ["gzip;q=0", false],
    ["gzip;q=1", false],
    ["xgzip", false],
  ];
  for (const [header, accepted] of cases) assert.equal(acceptsGzip({ "accept-encoding": header }), accepted, String(header));
});
