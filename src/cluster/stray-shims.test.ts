import assert from "node:assert/strict";
import { test } from "node:test";
import { type Shim, shimId, straysAmong, survivors } from "./stray-shims.ts";

const shim = (id: string, startTime: number): Shim => ({ id, pid: startTime, startTime });

test("a shim is known by its program, and says what it was started for", () => {
  const line = ["/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", "abc", "-address", "/run/c.sock", ""];
  assert.equal(shimId(line), "abc");
  assert.equal(shimId(["containerd-shim-runc-v2", "-id"]), undefined);
  assert.equal(shimId(["containerd", "--config", "x", "-id", "abc"]), undefined);
  assert.equal(shimId([]), undefined);
});

test("only shims from before this containerd can be strays, and only without a container", () => {
  const shims = [shim("known", 10), shim("stray", 20), shim("being-made", 40)];
  const old = survivors(shims, { pid: 1, startTime: 30 });
  assert.deepEqual(
    old.map(({ id }) => id),
    ["known", "stray"],
  );
  assert.deepEqual(straysAmong(old, new Set(["known", "another"])), [shim("stray", 20)]);
  assert.deepEqual(straysAmong(old, new Set(["known", "stray"])), []);
});
