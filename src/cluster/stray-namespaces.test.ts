import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { NodeLayout } from "./layout.ts";
import { deserted, namespaceFiles, namespaceOf } from "./stray-namespaces.ts";

test("the files of pods' network namespaces are found, where there are any", (t) => {
  const containerdState = mkdtempSync(join(tmpdir(), "coracle-netns-"));
  t.after(() => rmSync(containerdState, { recursive: true }));
  const node = { containerdState } as NodeLayout;
  assert.deepEqual(namespaceFiles(node), []);
  const folder = join(containerdState, "io.containerd.grpc.v1.cri", "netns");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "cni-1");
  writeFileSync(path, "");
  assert.deepEqual(namespaceFiles(node), [{ path, inode: statSync(path).ino }]);
});

test("a namespace that a process lives in has an owner; of the others containerd knows", () => {
  const files = [
    { path: "/netns/cni-1", inode: 1 },
    { path: "/netns/cni-2", inode: 2 },
  ];
  assert.deepEqual(deserted(files, new Set([1, 7])), [files[1]]);
  const namespaces = [{ type: "pid" }, { type: "network", path: "/netns/cni-2" }];
  assert.equal(namespaceOf({ ID: "a", Spec: { linux: { namespaces } } }), "/netns/cni-2");
  for (const other of [{}, { Spec: {} }, { Spec: { linux: { namespaces: [{ type: "network" }] } } }]) assert.equal(namespaceOf(other), undefined);
});
