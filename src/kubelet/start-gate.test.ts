import assert from "node:assert/strict";
import { test } from "node:test";
import { StartGate } from "./start-gate.ts";

test("runs as many starts at a time as there are slots, containers before sandboxes", async () => {
  const gate = new StartGate(1);
  const order: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = gate.run("sandbox", async () => {
    order.push("first");
    await held.promise;
  });
  const rest = [gate.run("sandbox", async () => void order.push("sandbox")), gate.run("container", async () => void order.push("container"))];
  await Promise.resolve();
  assert.deepEqual(order, ["first"]);
  held.resolve();
  await Promise.all([first, ...rest]);
  assert.deepEqual(order, ["first", "container", "sandbox"]);
});

test("a start that fails frees its slot", async () => {
  const gate = new StartGate(1);
  await assert.rejects(gate.run("container", () => Promise.reject(new Error("no"))));
  assert.equal(await gate.run("container", async () => 1), 1);
});
