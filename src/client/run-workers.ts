/** Workers of a control loop: take a key, reconcile it, retry what failed. */
import type { Logger } from "../machinery/logger.ts";
import { errorText, InvariantError, isConflict } from "./errors.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Ask to see the key again after this time, whatever happens meanwhile. */
export interface Requeue {
  readonly afterMs: number;
}

export interface RunWorkersOptions {
  readonly queue: WorkQueue;
  /** Keys reconciled at the same time; one key never is. Default 1. */
  readonly concurrency?: number;
  readonly reconcile: (key: string) => Promise<Requeue | undefined>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Runs until the signal aborts; settles when the last reconcile in flight has. A reconcile that throws is logged and
 * retried with back-off; an InvariantError rejects at once: the state can no longer be trusted.
 */
export async function runWorkers(options: RunWorkersOptions): Promise<void> {
  const { queue, signal } = options;
  const shutDown = () => queue.shutDown();
  if (signal.aborted) shutDown();
  signal.addEventListener("abort", shutDown, { once: true });
  try {
    await Promise.all(Array.from({ length: options.concurrency ?? 1 }, () => work(options)));
  } finally {
    queue.shutDown();
    signal.removeEventListener("abort", shutDown);
  }
}

async function work(options: RunWorkersOptions): Promise<void> {
  const { queue } = options;
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    try {
      const requeue = await options.reconcile(key);
      queue.forget(key);
      if (requeue !== undefined) queue.addAfter(key, requeue.afterMs);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      if (options.signal.aborted) return;
      report(options, key, error);
      queue.addRateLimited(key);
    } finally {
      queue.done(key);
    }
  }
}

/** A conflict is everyday business: someone else wrote first. */
function report({ queue, logger }: RunWorkersOptions, key: string, error: unknown): void {
  const fields = { key, retries: queue.retries(key), error: errorText(error) };
  if (isConflict(error)) logger.debug(fields, "reconcile met a newer state, will retry");
  else if (error instanceof TypeError || error instanceof RangeError)
    logger.error({ ...fields, stack: error.stack }, "reconcile failed by a defect, will retry");
  else logger.warn(fields, "reconcile failed, will retry");
}
