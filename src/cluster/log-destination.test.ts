import assert from "node:assert/strict";
import { test } from "node:test";
import { LogDestination } from "./log-destination.ts";

class FullDisk extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}, write`);
    this.code = code;
  }
}

/** A file with room for so many bytes. */
function file(room: number) {
  const disk = { room, text: "", writes: 0 };
  const write = (_descriptor: number, bytes: Uint8Array) => {
    disk.writes++;
    if (disk.room === 0) throw new FullDisk("ENOSPC", "no space left on device");
    const taken = Math.min(disk.room, bytes.length);
    disk.room -= taken;
    disk.text += Buffer.from(bytes.subarray(0, taken)).toString();
    return taken;
  };
  return { disk, log: new LogDestination({ descriptor: 1, now: () => 0, write }) };
}

test("lines go out one by one", () => {
  const { disk, log } = file(1_000);
  log.write("one\n");
  log.write("two\n");
  assert.deepEqual([disk.text, disk.writes], ["one\ntwo\n", 2]);
});

test("a full disk costs lines and no time; when there is room the log says how many", () => {
  const { disk, log } = file(6);
  for (const line of ["one\n", "two\n", "three\n", "four\n"]) log.write(line);
  assert.equal(disk.text, "one\ntw");
  assert.ok(disk.writes < 8, "each line is tried once");
  disk.room = 1_000;
  log.write("five\n");
  log.write("six\n");
  const lines = disk.text.split("\n");
  assert.deepEqual([lines[0], lines[1], ...lines.slice(3)], ["one", "tw", "five", "six", ""], "what was cut off stands alone");
  assert.deepEqual(JSON.parse(lines[2] ?? ""), {
    level: 40,
    time: "1970-01-01T00:00:00.000Z",
    msg: "lines are missing here: 3: ENOSPC: no space left on device, write",
  });
});

test("a pipe that is full for a moment is waited for", () => {
  let busy = 3;
  let text = "";
  const write = (_descriptor: number, bytes: Uint8Array) => {
    if (busy-- > 0) throw new FullDisk("EAGAIN", "resource temporarily unavailable");
    text += Buffer.from(bytes).toString();
    return bytes.length;
  };
  new LogDestination({ descriptor: 1, now: () => 0, write }).write("one\n");
  assert.equal(text, "one\n");
});

test("who reads no more is not written to, and nobody hears of it", () => {
  const write = () => {
    throw new FullDisk("EPIPE", "broken pipe");
  };
  const log = new LogDestination({ descriptor: 1, now: () => 0, write });
  log.write("one\n");
  log.write("two\n");
});
