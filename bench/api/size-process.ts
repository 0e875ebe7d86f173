/** The server side of the size benchmark, in a process of its own, so that its resident memory is its own. */
import { once } from "node:events";
import { systemClock } from "../../src/cluster/system-clock.ts";
import { openSqliteStore } from "../../src/storage/sqlite/index.ts";
import { silentLogger } from "../../src/testing/silent-logger.ts";
import { benchServer } from "./server.ts";

export interface SizeInput {
  readonly key: string;
  readonly cert: string;
  readonly path: string;
}

export interface SizeServer {
  readonly port: number;
  /** From opening the file to caches that are filled. */
  readonly loadMs: number;
}

const answer = (message: SizeServer | number) => {
  if (process.send === undefined) throw new Error("cannot measure: this process has no parent to tell");
  process.send(message);
};
const [{ key, cert, path }] = (await once(process, "message")) as [SizeInput];
const started = performance.now();
const store = await openSqliteStore({ path, clock: systemClock, logger: silentLogger });
const server = await benchServer(store);
const loadMs = performance.now() - started;
const { port } = await server.listen({ host: "127.0.0.1", port: 0, key, cert });
answer({ port, loadMs } satisfies SizeServer);
await once(process, "message");
answer(process.memoryUsage.rss() / (1 << 20));
await once(process, "message");
await server.close();
await store.close();
process.disconnect?.();
