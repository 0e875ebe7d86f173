/** How long one piece of work keeps the event loop: what everybody else has to wait for. */

/**
 * The most CPU time, in milliseconds, that this thread spends between two turns of the event loop while the work goes on.
 * CPU time, because on a busy machine the clock on the wall also counts what others do.
 */
export async function longestSlice(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let running = true;
  let last = threadMilliseconds();
  const watching = new Promise<void>((resolve) => {
    const tick = () => {
      const now = threadMilliseconds();
      longest = Math.max(longest, now - last);
      last = now;
      if (running) setImmediate(tick);
      else resolve();
    };
    setImmediate(tick);
  });
  await work().finally(() => {
    running = false;
  });
  await watching;
  return longest;
}

/** What `fixedWork` takes on the machine that the limits were set on, when nobody else is at work there. */
const usualMs = 20;

/** How much slower than usual this machine computes at the moment; at least 1. */
export function slowness(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5; attempt++) {
    const start = threadMilliseconds();
    fixedWork();
    best = Math.min(best, threadMilliseconds() - start);
  }
  return Math.max(1, best / usualMs);
}

/** Of the kind that bodies make: keys, strings, sorting. */
function fixedWork(): number {
  const object: Record<string, unknown> = {};
  for (let i = 0; i < 15_000; i++) object[`key${i}`] = { name: `n${i}` };
  const copy = JSON.parse(JSON.stringify(object)) as object;
  return Object.keys(copy).sort().length;
}

function threadMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
