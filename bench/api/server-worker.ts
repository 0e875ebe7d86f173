/** The server side of bench/api: an API server on a store in memory or sqlite, and a bare JSON echo, in a thread of their own. */
import { mkdtempSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { drained } from "../../src/apiserver/http/http2-exchange.ts";
import { cipherPreference } from "../../src/apiserver/http/listener.ts";
import { systemClock } from "../../src/cluster/system-clock.ts";
import { createMemoryStore } from "../../src/storage/memory/index.ts";
import { openSqliteStore } from "../../src/storage/sqlite/index.ts";
import { silentLogger } from "../../src/testing/silent-logger.ts";
import { benchServer } from "./server.ts";

export interface BenchServers {
  readonly apiPort: number;
  /** An API server of its own, with admission plugins. */
  readonly admittingPort: number;
  readonly echoPort: number;
  /** The bare server's watches, over HTTP/2. */
  readonly echoHttp2Port: number;
}

interface WorkerInput {
  readonly key: string;
  readonly cert: string;
  readonly store: "memory" | "sqlite";
}

const { key, cert, store: kind } = workerData as WorkerInput;
const folder = mkdtempSync(join(tmpdir(), "bench-api-"));
const bare = { key, cert, ciphers: cipherPreference };
/** Of the bare server's watches; each writes one line. */
const watchers = new Set<(line: Buffer) => void>();

const api = await startApi("store", false);
const admitting = await startApi("admitting", true);
const echo = await startEcho();
const echoHttp2 = await startHttp2Watches();
const ports: BenchServers = { apiPort: api.port, admittingPort: admitting.port, echoPort: portOf(echo), echoHttp2Port: portOf(echoHttp2) };
parentPort!.postMessage(ports);
parentPort!.once("message", async () => {
  echo.closeAllConnections();
  echo.close();
  echoHttp2.close();
  await Promise.all([api.close(), admitting.close()]);
  rmSync(folder, { recursive: true, force: true });
  parentPort!.close();
});

async function startApi(name: string, withAdmission: boolean): Promise<{ readonly port: number; close(): Promise<void> }> {
  const store =
    kind === "memory"
      ? createMemoryStore({ clock: systemClock })
      : await openSqliteStore({ path: join(folder, `${name}.db`), clock: systemClock, logger: silentLogger });
  const server = await benchServer(store, withAdmission);
  const { port } = await server.listen({ host: "127.0.0.1", port: 0, key, cert });
  const close = async () => {
    await server.close();
    await store.close();
  };
  return { port, close };
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

/**
 * The least that any server must do. POST / parses JSON and writes it again; GET /bytes/N sends N bytes that are ready;
 * GET /watch stays open, and POST /tell writes what comes to all who watch.
 */
function startEcho(): Promise<Server> {
  const bytes = Buffer.alloc(32 << 20, "x");
  const server = createServer(bare, (request, response) => {
    const { url = "" } = request;
    if (url === "/watch") return hold(response);
    if (url.startsWith("/bytes/")) return void sendBytes(response, bytes.subarray(0, Number(url.slice(7))));
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
      const line = Buffer.from(`${text}\n`);
      if (url === "/tell") for (const write of watchers) write(line);
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      response.end(text);
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function hold(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  watch(response, (line) => response.write(line));
}

function watch(stream: NodeJS.EventEmitter, write: (line: Buffer) => void): void {
  watchers.add(write);
  stream.on("close", () => watchers.delete(write));
}

/** Each stream stays open for the lines that POST /tell writes. */
function startHttp2Watches(): Promise<Http2SecureServer> {
  const server = createSecureServer({ ...bare, settings: { initialWindowSize: 1 << 20 } });
  server.on("session", (session) => session.on("error", () => session.destroy()));
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => undefined);
    stream.respond({ ":status": 200, "content-type": "application/json" });
    watch(stream, (line) => stream.write(line));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Pieces of 256 KB, the best of those tried: TLS copies what it is given in one go. */
async function sendBytes(response: ServerResponse, bytes: Buffer): Promise<void> {
  response.writeHead(200, { "content-length": bytes.length });
  for (let offset = 0; offset < bytes.length && !response.destroyed; offset += 256 * 1024) {
    if (!response.write(bytes.subarray(offset, offset + 256 * 1024))) await drained(response).catch(() => undefined);
  }
  response.end();
}
