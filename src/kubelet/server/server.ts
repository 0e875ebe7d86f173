/** The kubelet's HTTPS server: logs, exec, attach, port-forward and what the node tells of itself. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { ComponentContext } from "../../client/component.ts";
import type { KubeletPods } from "../contract.ts";
import { type Authorize, accessesOf, certificateUser, type KubeletUser, type ReviewToken, reviewingAuthorizer, tokenReviewer } from "./access.ts";
import { HttpError } from "./http-error.ts";
import { serveContainerLogs } from "./logs/container-logs.ts";
import { serveNodeReport } from "./node-report.ts";
import { type Route, routeOf } from "./routes.ts";
import { serveStream } from "./streams/serve-stream.ts";
import { serveSystemLogs } from "./system-logs.ts";

export interface KubeletServerOptions {
  readonly nodeName: string;
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PEM of the serving certificate and its key. */
  readonly cert: string;
  readonly key: string;
  /** PEM of the authority whose client certificates count. */
  readonly clientCa: string;
  /** What /configz tells. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Folder of the node's own logs, served under /logs/. Default /var/log. */
  readonly systemLogs?: string;
  /** Asks the API server by default. */
  readonly authorize?: Authorize;
  readonly reviewToken?: ReviewToken;
}

export interface KubeletServer {
  readonly port: number;
  /** Settles when the component's signal has ended the server and all its connections. */
  readonly closed: Promise<void>;
}

/** Runs until the context's signal aborts. */
export async function runKubeletServer(context: ComponentContext, pods: KubeletPods, options: KubeletServerOptions): Promise<void> {
  const server = await startKubeletServer(context, pods, options);
  await server.closed;
}

/** Resolves once it listens. */
export async function startKubeletServer(context: ComponentContext, pods: KubeletPods, options: KubeletServerOptions): Promise<KubeletServer> {
  const { client, clock, signal } = context;
  const authorize = options.authorize ?? reviewingAuthorizer(client, options.nodeName, clock);
  const reviewToken = options.reviewToken ?? tokenReviewer(client, clock);
  const node = new NodeRequests(context, pods, { ...options, authorize, reviewToken });
  const server = createServer({ key: options.key, cert: options.cert, ca: options.clientCa, requestCert: true, rejectUnauthorized: false });
  server.on("request", (request, response) => void node.answer(request, response));
  server.on("upgrade", (request, socket, head) => void node.upgrade(request, socket, head));
  const sockets = trackSockets(server);
  server.listen(options.port, options.address);
  await once(server, "listening", { signal });
  const closed = new Promise<void>((resolve) => {
    const stop = () => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  return { port: (server.address() as AddressInfo).port, closed };
}

function trackSockets(server: Server): Set<Duplex> {
  const sockets = new Set<Duplex>();
  server.on("connection", (socket: Duplex) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

type Access = KubeletServerOptions & { readonly authorize: Authorize; readonly reviewToken: ReviewToken };

class NodeRequests {
  readonly #context: ComponentContext;
  readonly #pods: KubeletPods;
  readonly #access: Access;

  constructor(context: ComponentContext, pods: KubeletPods, access: Access) {
    this.#context = context;
    this.#pods = pods;
    this.#access = access;
  }

  /** Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => response.destroy());
    const gone = new AbortController();
    response.once("close", () => gone.abort(new Error("the peer has gone")));
    try {
      const { route, url } = await this.#admit(request);
      await this.#serve(route, request, response, url, gone.signal);
    } catch (error) {
      if (!gone.signal.aborted) this.#refuse(error, request, response);
    }
  }

  /** Never rejects. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    try {
      const { route, url } = await this.#admit(request);
      if (route.type !== "exec" && route.type !== "attach" && route.type !== "portForward") throw new HttpError(400, "this path cannot be upgraded");
      await serveStream({ pods: this.#pods, route, query: url.searchParams, client: { request, socket, head }, context: this.#context });
    } catch (error) {
      if (!socket.destroyed) socket.end(refusal(this.#httpError(error, request)));
    }
  }

  async #admit(request: IncomingMessage): Promise<{ route: Route; url: URL }> {
    const url = new URL(request.url ?? "/", "https://kubelet");
    const route = routeOf(url.pathname);
    if (route?.type !== "healthz") await this.#authorize(request, url.pathname);
    if (route === undefined) throw new HttpError(404, "404 page not found");
    return { route, url };
  }

  async #authorize(request: IncomingMessage, path: string): Promise<void> {
    const user = await this.#userOf(request);
    if (user === undefined) throw new HttpError(401, "Unauthorized");
    const accesses = accessesOf(request.method ?? "", path);
    for (const access of accesses) if (await this.#access.authorize(user, access)) return;
    const { verb, subresource } = accesses[0]!;
    throw new HttpError(403, `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])\n`);
  }

  async #userOf(request: IncomingMessage): Promise<KubeletUser | undefined> {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    return certificateUser(request.socket as TLSSocket) ?? (token === undefined ? undefined : await this.#access.reviewToken(token));
  }

  async #serve(route: Route, request: IncomingMessage, response: ServerResponse, url: URL, gone: AbortSignal): Promise<void> {
    const { clock, signal } = this.#context;
    switch (route.type) {
      case "exec":
      case "attach":
      case "portForward":
        throw new HttpError(400, "Upgrade request required");
      case "containerLogs":
        if (request.method !== "GET") throw new HttpError(405, "405: Method Not Allowed");
        return serveContainerLogs(this.#pods, { ...route, query: url.searchParams, signal: AbortSignal.any([gone, signal]) }, response, clock);
      case "systemLogs":
        return serveSystemLogs(this.#access.systemLogs ?? "/var/log", route.path, request, response);
      default:
        return serveNodeReport(route.type, this.#pods, this.#access, response);
    }
  }

  #refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const { code, message } = this.#httpError(error, request);
    if (response.headersSent) return void response.destroy();
    const body = Buffer.from(message);
    response.writeHead(code, { "content-type": "text/plain; charset=utf-8", "content-length": body.length, "x-content-type-options": "nosniff" });
    response.end(body);
  }

  #httpError(error: unknown, request: IncomingMessage): HttpError {
    if (error instanceof HttpError) return error;
    this.#context.logger.error({ err: error, method: request.method, path: request.url?.split("?")[0] }, "cannot answer a request to the kubelet");
    return new HttpError(500, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** An answer to an upgrade request that is not upgraded. */
function refusal({ code, message }: HttpError): string {
  const head = `HTTP/1.1 ${code} ${reasons[code] ?? "Error"}\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n`;
  return `${head}content-length: ${Buffer.byteLength(message)}\r\n\r\n${message}`;
}

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  500: "Internal Server Error",
};
