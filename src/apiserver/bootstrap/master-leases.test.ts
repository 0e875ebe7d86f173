import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../../storage/memory/memory-store.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { MasterLeases } from "./master-leases.ts";

test("servers know each other's addresses; one that died is forgotten, one that left at once", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  const [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => new MasterLeases(store, address)) as [MasterLeases, MasterLeases, MasterLeases];
  for (const server of [c, a, b]) await server.renew();
  assert.deepEqual(await a.addresses(), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  await c.remove();
  assert.deepEqual(await a.addresses(), ["10.0.0.1", "10.0.0.2"]);
  for (let round = 0; round < 3; round++) {
    await clock.advance(10_000);
    await a.renew();
  }
  assert.deepEqual(await a.addresses(), ["10.0.0.1"]);
  await clock.advance(60_000);
  assert.deepEqual(await a.addresses(), [], "a slept too long");
  await a.renew();
  assert.deepEqual(await b.addresses(), ["10.0.0.1"]);
  await store.txn({ compare: [], success: [{ type: "delete", start: "/registry/masterleases/10.0.0.1" }], failure: [] });
  await a.renew();
  assert.deepEqual(await b.addresses(), ["10.0.0.1"], "deleted by somebody else");
  await a.remove();
  await a.remove();
  await store.close();
});
