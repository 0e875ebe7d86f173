/** Serves a FakeApi's config maps over HTTP/2 and TLS, for tests of clients on the wire. Loopback only. */
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { configMaps } from "../client/resources.ts";
import { StatusError } from "../machinery/status.ts";
import type { PatchType, Target } from "../machinery/transport.ts";
import type { FakeApi } from "./fake-api.ts";

export interface FakeHttpsServer {
  readonly url: string;
  /** Sees each request's headers first; true: it has answered. */
  intercept: (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) => boolean;
  /** Cuts every connection, as a crash does. */
  cut(): void;
  close(): Promise<void>;
}

const patchTypes: Record<string, PatchType> = {
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
};

export async function serveFakeApi(api: FakeApi, tls: { key: string; cert: string; ca?: string; requestCert?: boolean }): Promise<FakeHttpsServer> {
  const server = createSecureServer({ ...tls, rejectUnauthorized: false });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => {});
  });
  const cut = () => {
    for (const session of sessions) session.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeHttpsServer = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    intercept: () => false,
    cut,
    close: () => close(server, cut),
  };
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => {});
    if (!fake.intercept(stream, headers)) void answer(api, stream, headers);
  });
  return fake;
}

function close(server: Http2SecureServer, cut: () => void): Promise<void> {
  cut();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function answer(api: FakeApi, stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    const url = new URL(String(headers[":path"]), "https://fake");
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString("utf8")) as object);
    if (url.searchParams.get("watch") === "true") return await watch(api, stream, url);
    reply(stream, 200, await run(api, String(headers[":method"]), url, body, String(headers["content-type"])));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    reply(stream, error.code, error.status);
  }
}

function run(api: FakeApi, method: string, url: URL, body: object | undefined, contentType: string): Promise<unknown> {
  const { transport } = api;
  const signal = new AbortController().signal;
  const target = targetOf(url);
  const options = Object.fromEntries(url.searchParams);
  switch (method) {
    case "POST":
      return transport.create(target, body ?? {}, {}, signal);
    case "PUT":
      return transport.update(target, body ?? {}, {}, signal);
    case "PATCH":
      return transport.patch(target, body, { type: patchTypes[contentType] ?? "json" }, signal);
    case "DELETE":
      if (target.name === undefined)
        return transport.deleteCollection(target, { ...body, ...options }, signal).then(() => ({ kind: "Status", status: "Success" }));
      return transport.delete(target, body ?? {}, signal);
    default:
      return target.name === undefined ? transport.list(target, options, signal) : transport.get(target, options, signal);
  }
}

async function watch(api: FakeApi, stream: ServerHttp2Stream, url: URL): Promise<void> {
  const abort = new AbortController();
  stream.once("close", () => abort.abort());
  const { sendInitialEvents, timeoutSeconds: _, ...rest } = Object.fromEntries(url.searchParams);
  const events = await api.transport.watch(targetOf(url), { ...rest, sendInitialEvents: sendInitialEvents === "true" }, abort.signal);
  stream.respond({ ":status": 200, "content-type": "application/json" });
  for await (const event of events) stream.write(`${JSON.stringify(event)}\n`);
  stream.end();
}

function targetOf(url: URL): Target {
  const [, , , , namespace, , name] = url.pathname.split("/").map(decodeURIComponent);
  return { resource: configMaps, ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) } as Target;
}

function reply(stream: ServerHttp2Stream, status: number, body: unknown): void {
  if (stream.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  stream.respond({ ":status": status, "content-type": "application/json", "content-length": bytes.length });
  stream.end(bytes);
}
