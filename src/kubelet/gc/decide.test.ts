import assert from "node:assert/strict";
import { test } from "node:test";
import { record, runtimeOf, sandbox } from "../pod/testing.ts";
import { deadContainers, deadSandboxes, imagesToRemove } from "./decide.ts";
import { surplus } from "./log-rotation.ts";

const exited = (attempt: number) => record("main", { state: "exited", attempt });

test("one dead container is kept for each name, running ones always", () => {
  assert.deepEqual(deadContainers(runtimeOf([record("main", { attempt: 3 }), exited(2), exited(1), exited(0)])), ["main-1", "main-0"]);
  assert.deepEqual(deadContainers(runtimeOf([exited(0)])), []);
});

test("dead sandboxes go once they are empty, the newest stays", () => {
  const dead = (id: string) => sandbox({ id, ready: false });
  assert.deepEqual(deadSandboxes(runtimeOf([record("main", { sandboxId: "s1" })], [sandbox({ id: "s2" }), dead("s1"), dead("s0")])), ["s0"]);
  assert.deepEqual(deadSandboxes(runtimeOf([], [dead("s0")])), []);
});

test("images go by last use when the disk is full, until it is below the low mark", () => {
  const image = (id: string, more: object = {}) => ({
    id,
    repoTags: [],
    repoDigests: [],
    size: 40,
    uid: null,
    username: "",
    spec: null,
    pinned: false,
    ...more,
  });
  const images = [image("old"), image("older"), image("used"), image("new"), image("pinned", { pinned: true })];
  const nowMs = 1_000_000;
  const use = (lastUsedMs: number, firstSeenMs = 0) => ({ firstSeenMs, lastUsedMs });
  const uses = new Map([
    ["old", use(20)],
    ["older", use(10)],
    ["used", use(0)],
    ["new", use(0, nowMs)],
    ["pinned", use(0)],
  ]);
  const facts = { images, inUse: new Set(["used"]), uses, capacityBytes: 1000, nowMs };
  assert.deepEqual(imagesToRemove({ ...facts, availableBytes: 200 }), []);
  assert.deepEqual(imagesToRemove({ ...facts, availableBytes: 100 }), ["older", "old"]);
  assert.deepEqual(imagesToRemove({ ...facts, availableBytes: 149, capacityBytes: 1000 }), ["older", "old"]);
});

test("the oldest rotated logs go", () =>
  assert.deepEqual(surplus(["0.log.20260102", "0.log.20260101.gz", "0.log.20260103"], 2), { remove: ["0.log.20260101.gz"] }));
