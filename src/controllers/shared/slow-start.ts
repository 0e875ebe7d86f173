/**
 * Runs `count` like actions in batches of 1, 2, 4 … so that a cause that makes all fail (a quota) is met once, not a
 * thousand times. Stops after the first batch with a failure.
 */
export async function slowStart(count: number, action: (index: number) => Promise<void>): Promise<{ succeeded: number; error?: unknown }> {
  let succeeded = 0;
  for (let started = 0, batch = 1; started < count; started += batch, batch *= 2) {
    const size = Math.min(batch, count - started);
    const results = await Promise.allSettled(Array.from({ length: size }, (_, index) => action(started + index)));
    succeeded += results.filter((result) => result.status === "fulfilled").length;
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) return { succeeded, error: failed.reason };
    batch = size;
  }
  return { succeeded };
}
