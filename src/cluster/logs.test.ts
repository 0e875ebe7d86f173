import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf } from "./layout.ts";
import { formatLogLine, logSource } from "./logs.ts";

test("a log line is printed for its own component only, with its fields", () => {
  const line = '{"level":30,"time":"2026-01-01T00:00:00Z","component":"kubelet","pod":"a/b","msg":"started"}';
  assert.equal(formatLogLine(line, "kubelet"), "2026-01-01T00:00:00Z INFO  kubelet started pod=a/b");
  assert.equal(formatLogLine(line, "kube-proxy"), undefined);
  assert.equal(formatLogLine("Error: plain text"), "Error: plain text");
});

test("every component's lines are found in the file of its process", () => {
  const layout = layoutOf({ name: "a" });
  const nodes = ["node-1", "node-2"];
  assert.deepEqual(logSource(layout, "kube-scheduler", "node-1", nodes), { file: `${layout.logs}/control-plane.log`, component: "kube-scheduler" });
  assert.deepEqual(logSource(layout, "kubelet", "node-2", nodes), { file: `${layout.logs}/node-2.log`, component: "kubelet" });
  assert.deepEqual(logSource(layout, "node-2", "node-1", nodes), { file: `${layout.logs}/node-2.log` });
  assert.throws(() => logSource(layout, "kube-nothing", "node-1", nodes), /there are control-plane, .*kubelet/);
});
