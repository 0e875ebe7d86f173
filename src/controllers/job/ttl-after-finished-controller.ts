/** Deletes finished Jobs when their spec.ttlSecondsAfterFinished has passed. */
import type { Job } from "../../api/batch/v1/job.ts";
import { isNotFound } from "../../client/errors.ts";
import { jobs } from "../../client/resources.ts";
import { objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { timeMs } from "../shared/time.ts";
import { conditionOf } from "./plan.ts";

/** Milliseconds until the Job may go; undefined when it is to stay. */
export function ttlLeftMs(job: Job, nowMs: number): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec;
  if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  const finished = conditionOf(job.status, "Complete") ?? conditionOf(job.status, "Failed");
  return finished === undefined ? undefined : Math.max(0, timeMs(finished.lastTransitionTime) + ttlSecondsAfterFinished * 1000 - nowMs);
}

export const ttlAfterFinishedController: Controller = {
  name: "ttl-after-finished-controller",
  account: "ttl-after-finished-controller",
  run: (context) => {
    const known = context.informers.informer(jobs);
    const queue = createQueue(context);
    const enqueue = (job: Job) => {
      if (ttlLeftMs(job, 0) !== undefined) queue.add(objectKey(job));
    };
    known.addHandler({ add: enqueue, update: enqueue });
    const reconcile = async (key: string) => {
      const cached = known.get(key);
      const afterMs = cached === undefined ? undefined : ttlLeftMs(cached, context.clock.now());
      if (cached === undefined || afterMs === undefined) return undefined;
      if (afterMs > 0) return { afterMs };
      const client = context.client.of(jobs).in(cached.metadata.namespace ?? "");
      // The time may have been prolonged since: the deletion is of the very state that was judged.
      const fresh = await client.find(cached.metadata.name);
      if (fresh === undefined || ttlLeftMs(fresh, context.clock.now()) !== 0) return undefined;
      const { uid, resourceVersion = "" } = fresh.metadata;
      await client.delete(fresh.metadata.name, { propagationPolicy: "Foreground", preconditions: { uid, resourceVersion } }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      return undefined;
    };
    return runLoop(context, { queue, reconcile });
  },
};
