/** The server side of bench/api: an API server on a store in memory or sqlite, and a bare JSON echo, in a thread of their own. */
import { mkdtempSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { drained } from "../../src/apiserver/http/http2-exchange.ts";
import { systemClock } from "../../src/cluster/system-clock.ts";
import { createMemoryStore } from "../../src/storage/memory/index.ts";
import { openSqliteStore } from "../../src/storage/sqlite/index.ts";
import { silentLogger } from "../../src/testing/silent-logger.ts";
import { benchServer } from "./server.ts";

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
const folder = mkdtempSync(join(tmpdir(), "bench-api-"));
const store =
  kind === "memory"
    ? createMemoryStore({ clock: systemClock })
    : await openSqliteStore({ path: join(folder, "store.db"), clock: systemClock, logger: silentLogger });
const server = await benchServer(store);
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

/**
 * The least that any server must do. POST / parses JSON and writes it again; GET /bytes/N sends N bytes that are ready;
 * GET /watch stays open, and POST /tell writes what comes to all who watch.
 */
function startEcho(): Promise<Server> {
  const watchers = new Set<ServerResponse>();
  const bytes = Buffer.alloc(32 << 20, "x");
  const bare = createServer({ key, cert }, (request, response) => {
    const { url = "" } = request;
    if (url === "/watch") return hold(response, watchers);
    if (url.startsWith("/bytes/")) return void sendBytes(response, bytes.subarray(0, Number(url.slice(7))));
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
      const line = Buffer.from(`${text}\n`);
      if (url === "/tell") for (const watcher of watchers) watcher.write(line);
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      response.end(text);
    });
  });
  return new Promise((resolve) => bare.listen(0, "127.0.0.1", () => resolve(bare)));
}

function hold(response: ServerResponse, watchers: Set<ServerResponse>): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  watchers.add(response);
  response.on("close", () => watchers.delete(response));
}

/** Pieces of 256 KB, the best of those tried: TLS copies what it is given in one go. */
async function sendBytes(response: ServerResponse, bytes: Buffer): Promise<void> {
  response.writeHead(200, { "content-length": bytes.length });
  for (let offset = 0; offset < bytes.length && !response.destroyed; offset += 256 * 1024) {
    if (!response.write(bytes.subarray(offset, offset + 256 * 1024))) await drained(response).catch(() => undefined);
  }
  response.end();
}
