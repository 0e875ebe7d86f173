import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { askHealth, healthSocket, serveHealth } from "./health.ts";

test("a process answers with its components, and nobody answers for it once it has ended", async (t) => {
  const run = mkdtempSync(join(tmpdir(), "coracle-health-"));
  t.after(() => rmSync(run, { recursive: true }));
  const lifetime = new AbortController();
  const components = [{ name: "kubelet", healthy: false, address: "", message: "not Ready" }];
  const socket = healthSocket(run, "node-1");
  await serveHealth(socket, async () => components, lifetime.signal);
  assert.deepEqual(await askHealth(socket, 1000), components);
  lifetime.abort();
  assert.equal(await askHealth(socket, 1000), undefined);
});
