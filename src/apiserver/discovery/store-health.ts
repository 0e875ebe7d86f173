/** Health of the store, as kube-apiserver checks its etcd. */
import type { Clock } from "../../machinery/clock.ts";
import { type Store, StoreUnavailableError } from "../../storage/store.ts";
import type { HealthCheck } from "./health.ts";

/** kube-apiserver --etcd-healthcheck-timeout and --etcd-readycheck-timeout. */
const limitMs = 2_000;

/**
 * `etcd`: the store answers. `etcd-readiness`: and it takes writes, for which a server is not to be restarted, but others
 * may be better off (beyond Kubernetes, whose check does not see alarms).
 */
export function storeChecks(store: Store, clock: Clock): HealthCheck[] {
  const status = (signal: AbortSignal) => within(limitMs, clock, signal, store.status());
  return [
    {
      name: "etcd",
      check: async (signal) => {
        await status(signal);
      },
    },
    {
      name: "etcd-readiness",
      readyOnly: true,
      check: async (signal) => {
        const { alarms = [] } = await status(signal);
        if (alarms.length > 0) throw new StoreUnavailableError(`the store takes no writes: its alarms are ${alarms.join(", ")}`);
      },
    },
  ];
}

/** What comes too late is left to itself: its failure is nobody's any more. */
async function within<T>(ms: number, clock: Clock, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const limit = new AbortController();
  work.catch(() => undefined);
  const tooLate = clock.sleep(ms, AbortSignal.any([signal, limit.signal])).then(() => {
    throw new StoreUnavailableError(`the store does not answer within ${ms} ms`);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    tooLate.catch(() => undefined);
    limit.abort();
  }
}
