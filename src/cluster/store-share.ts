/**
 * A control plane that runs keeps its store to itself; whoever may read its run directory may ask it to serve the store
 * over etcd's API, for as long as the asker stays. One line of JSON asks, one answers, the end of the connection ends it.
 */
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { EtcdServerTls, Limits } from "../storage/etcd-server/index.ts";
import type { MvccStore } from "../storage/mvcc/mvcc-store.ts";

export interface ShareRequest {
  /** The store's file: another cluster of the same name may have its data elsewhere. */
  readonly path: string;
  /** host:port of the gRPC API. */
  readonly listen: string;
  /** host:port of /health, /version and /metrics; absent for none. */
  readonly listenMetrics?: string;
  readonly tls?: EtcdServerTls;
  readonly limits: Partial<Limits>;
}

/** Where it is served. */
export interface Share {
  readonly endpoint: string;
  readonly metricsUrl?: string;
}

type Answer = Share | { readonly error: string };

export interface ShareServer {
  /** Ends what is served; the store stays open. */
  close(): Promise<void>;
}

export interface ShareServerOptions {
  readonly socket: string;
  readonly path: string;
  readonly store: MvccStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function shareSocket(runDir: string): string {
  return join(runDir, "store.sock");
}

/** Costs nothing but the socket until somebody asks. */
export async function serveShares(options: ShareServerOptions): Promise<ShareServer> {
  const { socket, logger } = options;
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  rmSync(socket, { force: true });
  const connections = new Set<Socket>();
  const serving = new Set<Promise<void>>();
  const server = createServer((connection) => {
    connections.add(connection.once("close", () => connections.delete(connection)));
    const served = serveOne(connection, options).catch((err: unknown) => {
      logger.warn({ err }, "cannot serve the store as etcd");
      connection.destroy();
    });
    serving.add(served);
    void served.then(() => serving.delete(served));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socket, resolve));
  chmodSync(socket, 0o600);
  return {
    close: async () => {
      server.close();
      for (const connection of connections) connection.destroy();
      await Promise.all(serving);
    },
  };
}

async function serveOne(connection: Socket, options: ShareServerOptions): Promise<void> {
  const left = new Promise<void>((resolve) => connection.once("close", () => resolve()));
  connection.on("error", () => connection.destroy()); // The asker left; "close" follows.
  const line = await Promise.race([firstLine(connection), left]);
  if (line === undefined) return;
  await using cleanup = new AsyncDisposableStack();
  const answer = await start(JSON.parse(line) as ShareRequest, options, cleanup).catch(
    (error: unknown): Answer => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  connection.write(`${JSON.stringify(answer)}\n`);
  if ("error" in answer) connection.end();
  else options.logger.info({ ...answer }, "serving the store as etcd");
  await left;
}

async function start(request: ShareRequest, options: ShareServerOptions, cleanup: AsyncDisposableStack): Promise<Share> {
  const { path, store, clock, logger } = options;
  if (request.path !== path) throw new Error(`the cluster that runs has its store at "${path}", not at "${request.path}"`);
  const { startEtcdHttpServer, startEtcdServer } = await import("../storage/etcd-server/index.ts");
  const { listen, limits, tls, listenMetrics } = request;
  const server = await startEtcdServer({ store, clock, logger, listen, limits, ...(tls === undefined ? {} : { tls }) });
  cleanup.defer(() => server.stop());
  if (listenMetrics === undefined) return { endpoint: server.endpoint };
  const http = await startEtcdHttpServer(store, listenMetrics);
  cleanup.defer(() => http.stop());
  return { endpoint: server.endpoint, metricsUrl: http.url };
}

/** Undefined where no cluster listens. `ended` resolves when the cluster no longer serves; disposing ends the share. */
export async function askForShare(socket: string, request: ShareRequest): Promise<(Share & { readonly ended: Promise<void> } & Disposable) | undefined> {
  const connection = createConnection(socket);
  const ended = new Promise<void>((resolve) => connection.once("close", () => resolve()));
  const connected = await new Promise<boolean>((resolve) => {
    connection.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  if (!connected) return undefined;
  connection.on("error", () => connection.destroy());
  connection.write(`${JSON.stringify(request)}\n`);
  const line = await Promise.race([firstLine(connection), ended]);
  if (line === undefined) throw new Error("cannot have the store served: the cluster stopped");
  const answer = JSON.parse(line) as Answer;
  if ("error" in answer) throw new Error(`cannot have the store of the running cluster served: ${answer.error}`);
  return { ...answer, ended, [Symbol.dispose]: () => connection.destroy() };
}

function firstLine(connection: Socket): Promise<string> {
  return new Promise((resolve) => createInterface({ input: connection }).once("line", resolve));
}
