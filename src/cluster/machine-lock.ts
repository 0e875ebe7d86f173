/** One `coracle` command at a time may choose subnets and start processes on this machine. */
import { createServer, type Server } from "node:net";
import type { Clock } from "../machinery/clock.ts";

const pollMs = 25;

/**
 * Held until disposed, or until this process ends in whatever way: the lock is a name in Linux's abstract socket space,
 * which the kernel frees with its owner. Rejects when the signal aborts.
 */
export async function machineLock(purpose: string, clock: Clock, signal: AbortSignal): Promise<Disposable> {
  for (;;) {
    const server = await bind(`\0coracle-${purpose}`);
    if (server !== undefined) return { [Symbol.dispose]: () => server.close() };
    await clock.sleep(pollMs, signal);
  }
}

function bind(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen(address, () => resolve(server));
  });
}
