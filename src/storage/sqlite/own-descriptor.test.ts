import assert from "node:assert/strict";
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "node:test";
import { inFolder } from "./fake-surroundings.ts";
import { withDescriptor } from "./own-descriptor.ts";

test("the one descriptor that was made is found beside others of the same file; of two it is not told which", (context) => {
  if (!existsSync("/proc/self/fd")) return context.skip("needs /proc");
  return inFolder(async (path) => {
    const open = () => openSync(path, "a");
    const first = withDescriptor(path, open);
    const second = withDescriptor(path, open);
    const both = withDescriptor(path, () => [open(), open()] as const);
    assert.deepEqual([first.descriptor, second.descriptor, both.descriptor], [first.opened, second.opened, undefined]);
    for (const descriptor of [first.opened, second.opened, ...both.opened]) closeSync(descriptor);
  });
});
