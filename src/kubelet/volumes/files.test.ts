import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import type { Payload } from "./payload.ts";
import { openSubPath, validateSubPath } from "./sub-path.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "volumes-"));
});
after(() => rm(root, { recursive: true }));

const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));
const write = (directory: string, files: Payload, nowMs: number) => writeAtomically({ directory, payload: files, fsGroup: undefined, nowMs });

test("an atomic volume is replaced as a whole, and left alone when nothing has changed", async () => {
  const directory = join(root, "atomic");
  await mkdir(directory);
  assert.equal(await write(directory, payload({ a: "1", "b/c": "2" }, 0o400), 1000), true);
  const first = await readlink(join(directory, "..data"));
  assert.deepEqual((await readdir(directory)).sort(), [first, "..data", "a", "b"].sort());
  assert.equal(await readlink(join(directory, "a")), "..data/a");
  assert.equal((await stat(join(directory, "b/c"))).mode & 0o777, 0o400);
  assert.equal(await write(directory, payload({ a: "1", "b/c": "2" }, 0o400), 2000), false);
  assert.equal(await readlink(join(directory, "..data")), first);
  assert.equal(await write(directory, payload({ a: "3" }), 3000), true);
  assert.deepEqual((await readdir(directory)).sort(), [await readlink(join(directory, "..data")), "..data", "a"].sort());
  assert.equal(await readFile(join(directory, "a"), "utf8"), "3");
});

test("illegal paths never reach the disk", async () => {
  for (const path of ["/a", "../a", "a/../b", "..a"]) await assert.rejects(write(root, payload({ [path]: "" }), 1), /invalid path/);
});

test("sub-paths resolve through links that stay inside the volume, and no others", async () => {
  const volume = join(root, "volume");
  await mkdir(join(volume, "..data"), { recursive: true });
  await writeFile(join(volume, "..data/key"), "inside");
  await writeFile(join(root, "outside"), "outside");
  await symlink("..data/key", join(volume, "key"));
  await symlink("../outside", join(volume, "up"));
  await symlink("/etc/passwd", join(volume, "absolute"));
  {
    await using opened = await openSubPath(volume, "key");
    assert.equal(await readFile(opened.path, "utf8"), "inside");
    assert.equal(opened.isDirectory, false);
  }
  await using made = await openSubPath(volume, "new/folder");
  assert.equal(made.isDirectory, true);
  assert.ok((await stat(join(volume, "new/folder"))).isDirectory());
  await assert.rejects(openSubPath(volume, "up"), /leads outside/);
  await assert.rejects(openSubPath(volume, "absolute"), /leads outside/);
});

test("sub-paths are relative and never go up", () => {
  assert.doesNotThrow(() => validateSubPath("a/b"));
  assert.throws(() => validateSubPath("/a"), /must not be an absolute path/);
  assert.throws(() => validateSubPath("a/../b"), /must not contain '\.\.'/);
});

test("hostPath types check, or make, what is there", async () => {
  await prepareHostPath(join(root, "nowhere"), "");
  await prepareHostPath(join(root, "made/deep"), "DirectoryOrCreate");
  assert.ok((await stat(join(root, "made/deep"))).isDirectory());
  await prepareHostPath(join(root, "made/file"), "FileOrCreate");
  await prepareHostPath(join(root, "made/file"), "File");
  await assert.rejects(prepareHostPath(join(root, "made/file"), "Directory"), /hostPath type check failed: .* is not a directory/);
  await assert.rejects(prepareHostPath(join(root, "nowhere"), "Socket"), /is not a socket file/);
  await prepareHostPath("/dev/null", "CharDevice");
});
