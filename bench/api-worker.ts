/** The server side of bench/api: an API server on a store in memory or sqlite, and a bare JSON echo, in a thread of their own. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { allDefinitions } from "../src/api/index.ts";
import type { UserInfo } from "../src/apiserver/contract.ts";
import { createApiServer } from "../src/apiserver/server.ts";
import { systemClock } from "../src/cluster/system-clock.ts";
import { createMemoryStore } from "../src/storage/memory/index.ts";
import { openSqliteStore } from "../src/storage/sqlite/index.ts";
import { silentLogger } from "../src/testing/silent-logger.ts";

export interface BenchServers {
  readonly apiPort: number;
  readonly echoPort: number;
}

interface WorkerInput {
  readonly key: string;
  readonly cert: string;
  readonly store: "memory" | "sqlite";
}

const { key, cert, store: kind } = workerData as WorkerInput;
const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };
const folder = mkdtempSync(join(tmpdir(), "bench-api-"));
const store =
  kind === "memory"
    ? createMemoryStore({ clock: systemClock })
    : await openSqliteStore({ path: join(folder, "store.db"), clock: systemClock, logger: silentLogger });
const server = await createApiServer({
  store,
  definitions: allDefinitions,
  clock: systemClock,
  random: Math.random,
  logger: silentLogger,
  signal: new AbortController().signal,
  authenticator: () => ({ authenticate: async () => admin }),
  authorizer: () => ({ authorize: () => ({ decision: "allow", reason: "" }) }),
  admission: () => [],
});
const listener = await server.listen({ host: "127.0.0.1", port: 0, key, cert });
const echo = await startEcho();
const ports: BenchServers = { apiPort: listener.port, echoPort: (echo.address() as AddressInfo).port };
parentPort!.postMessage(ports);
parentPort!.once("message", async () => {
  echo.closeAllConnections();
  echo.close();
  await server.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  parentPort!.close();
});

/** Parses what comes and writes it again: the least that any JSON server must do. */
function startEcho(): Promise<Server> {
  const bare = createServer({ key, cert }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      response.end(text);
    });
  });
  return new Promise((resolve) => bare.listen(0, "127.0.0.1", () => resolve(bare)));
}
