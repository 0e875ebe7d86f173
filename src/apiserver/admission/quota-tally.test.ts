import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { ResourceQuota } from "../../api/core/v1/resource-quota.ts";
import type { quantityText } from "../../machinery/quantity.ts";
import { quotaMatches } from "../../machinery/quota-scopes.ts";
import { usageOf } from "../../machinery/quota-usage.ts";
import { object, testPod } from "../authentication/fixtures.ts";
import { add, QuotaTally } from "./quota-tally.ts";

/** Mulberry32: the same story every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test("after any story of writes the running sum is what counting everything gives", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const next = random(seed);
    const quota = object<ResourceQuota>("ResourceQuota", "q", "shop", { spec: { hard: {}, ...(seed % 2 === 0 ? { scopes: ["NotBestEffort"] } : {}) } });
    const present = new Map<string, Pod>();
    const tally = new QuotaTally(quota, pods, []);
    let now = 0;
    for (let step = 0; step < 200; step++) {
      now += next(10_000);
      const name = `p${next(12)}`;
      if (next(4) === 0) {
        present.delete(name);
        tally.remove(`uid-${name}`);
        continue;
      }
      const pod = randomPod(name, next, now);
      present.set(name, pod);
      tally.set(pod);
      assert.deepEqual(texts(tally.total(now)), texts(countAll(present, quota, now)), `seed ${seed}, step ${step}`);
    }
  }
});

function randomPod(name: string, next: (below: number) => number, now: number): Pod {
  const requests = next(2) === 0 ? {} : { cpu: `${next(900)}m`, memory: `${next(50)}Mi` };
  const pod = testPod(name, "shop", { containers: [{ name: "a", resources: { requests } }] });
  const metadata = next(3) === 0 ? { ...pod.metadata, deletionTimestamp: new Date(now).toISOString(), deletionGracePeriodSeconds: next(30) } : pod.metadata;
  return { ...pod, metadata, status: { phase: next(5) === 0 ? "Succeeded" : "Running" } };
}

function countAll(present: ReadonlyMap<string, Pod>, quota: ResourceQuota, now: number) {
  const total = new Map();
  for (const pod of present.values()) if (quotaMatches(quota, pods, pod)) add(total, usageOf(pods, pod, now));
  return total;
}

/** Zero amounts and absent ones are the same. */
function texts(usage: ReadonlyMap<string, Parameters<typeof quantityText>[0]>): Record<string, string> {
  const shown = [...usage].filter(([, amount]) => amount.nanos !== 0n).map(([name, amount]): [string, string] => [name, String(amount.nanos)]);
  return Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1)));
}
