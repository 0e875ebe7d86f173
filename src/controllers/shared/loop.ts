/** The shell every controller shares: a queue of keys, workers, and nothing before the informers have synced. */
import type { ComponentContext } from "../../client/component.ts";
import { type Requeue, runWorkers } from "../../client/run-workers.ts";
import { WorkQueue } from "../../client/work-queue.ts";

export interface LoopOptions {
  readonly queue: WorkQueue;
  readonly concurrency?: number;
  readonly reconcile: (key: string) => Promise<Requeue | undefined>;
}

export function createQueue(context: ComponentContext): WorkQueue {
  return new WorkQueue({ clock: context.clock });
}

/** Starts the informers asked for so far, then reconciles until the signal aborts. */
export async function runLoop(context: ComponentContext, ...loops: readonly LoopOptions[]): Promise<void> {
  const { logger, signal } = context;
  if (!(await informersSynced(context))) return;
  await Promise.all(loops.map((loop) => runWorkers({ concurrency: 5, ...loop, logger, signal })));
}

/** False when the signal aborted first. */
export async function informersSynced(context: ComponentContext): Promise<boolean> {
  try {
    await context.informers.start();
    return true;
  } catch (error) {
    if (context.signal.aborted) return false;
    throw error;
  }
}

/** Calls `tick` every `periodMs`, the first time at once, until the signal aborts. One tick ends before the next begins. */
export async function runPeriodically(context: ComponentContext, periodMs: number, tick: () => Promise<void>): Promise<void> {
  const { clock, logger, signal } = context;
  while (!signal.aborted) {
    try {
      await tick();
    } catch (error) {
      if (!signal.aborted) logger.warn({ error: error instanceof Error ? error.message : String(error) }, "a periodic task failed, will retry");
    }
    await clock.sleep(periodMs, signal).catch(() => undefined);
  }
}
