import assert from "node:assert/strict";
import { test } from "node:test";
import { type Store, StoreUnavailableError } from "../../storage/store.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { storeChecks } from "./store-health.ts";

const { signal } = new AbortController();

async function outcomes(status: Store["status"]): Promise<string[]> {
  const clock = new VirtualClock();
  const checks = storeChecks({ status } as Store, clock);
  const running = checks.map(async ({ name, check }) => {
    try {
      await check(signal);
      return `${name} ok`;
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
  });
  await clock.advance(2_000);
  const all = await Promise.all(running);
  assert.equal(clock.pending, 0);
  return all;
}

test("a store is alive when it answers, and ready when it takes writes", async () => {
  const well = { revision: 1, compactRevision: 0, sizeBytes: 0, keys: 0 };
  assert.deepEqual(await outcomes(async () => well), ["etcd ok", "etcd-readiness ok"]);
  assert.deepEqual(await outcomes(async () => ({ ...well, alarms: ["NOSPACE"] })), [
    "etcd ok",
    "etcd-readiness: the store takes no writes: its alarms are NOSPACE",
  ]);
  const gone = async () => Promise.reject(new StoreUnavailableError("no leader"));
  assert.deepEqual(await outcomes(gone), ["etcd: no leader", "etcd-readiness: no leader"]);
  const silent = () => new Promise<never>(() => {});
  assert.deepEqual(await outcomes(silent), ["etcd: the store does not answer within 2000 ms", "etcd-readiness: the store does not answer within 2000 ms"]);
});
