/**
 * Compression on libuv's threads. There are four of them, and the embedded store's writes go there too: long lists may take
 * two, so that a write never waits behind them.
 */
const MAX_AT_ONCE = 2;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs `compress` when there is a thread for it, in the order of asking. */
export async function onSpareThread<T>(compress: () => Promise<T>): Promise<T> {
  if (running === MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await compress();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}
