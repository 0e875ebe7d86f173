/** Requests that probes and hooks make: real sockets behind an interface that tests replace. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";

export interface HttpCall {
  readonly scheme: "HTTP" | "HTTPS";
  readonly host: string;
  readonly port: number;
  /** May carry a query. */
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** At most 10 KiB of it. */
  readonly body: string;
}

export interface ProbeNetwork {
  /** Rejects when no answer came. Redirects to the same host are followed, others are the answer. */
  http(call: HttpCall): Promise<HttpAnswer>;
  tcp(host: string, port: number, timeoutMs: number): Promise<void>;
  /** grpc.health.v1.Health/Check; resolves with the serving status' name. */
  grpc(host: string, port: number, service: string, timeoutMs: number): Promise<string>;
}

const maxBody = 10 << 10;
const maxRedirects = 10;

export function socketNetwork(grpcCheck: ProbeNetwork["grpc"]): ProbeNetwork {
  return { http: (call) => httpCall(call, maxRedirects), tcp, grpc: grpcCheck };
}

async function httpCall(call: HttpCall, redirects: number): Promise<HttpAnswer> {
  const answer = await singleCall(call);
  if (answer.location === undefined) return answer;
  const base = `${call.scheme.toLowerCase()}://${bracket(call.host)}:${call.port}`;
  const next = new URL(answer.location, `${base}${call.path}`);
  if (next.hostname.replace(/^\[|\]$/g, "") !== call.host) return { status: answer.status, body: answer.body };
  if (redirects === 0) throw new Error("stopped after 10 redirects");
  const scheme = next.protocol === "https:" ? "HTTPS" : "HTTP";
  const port = next.port === "" ? (scheme === "HTTPS" ? 443 : 80) : Number(next.port);
  return httpCall({ ...call, scheme, port, path: `${next.pathname}${next.search}` }, redirects - 1);
}

function singleCall(call: HttpCall): Promise<HttpAnswer & { location?: string }> {
  const { scheme, host, port, path, headers, timeoutMs } = call;
  const send = scheme === "HTTPS" ? httpsRequest : httpRequest;
  const own = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  return new Promise((resolve, reject) => {
    const request = send({
      host,
      port,
      path: path.startsWith("/") ? path : `/${path}`,
      method: "GET",
      // A connection of its own, closed at once: probes must not hold the pod's sockets.
      agent: false,
      headers: { "User-Agent": "kube-probe/1.36", Accept: "*/*", Connection: "close", ...own },
      // Probes check liveness, not identity (as upstream).
      rejectUnauthorized: false,
    });
    const timer = setTimeout(() => request.destroy(new Error(`context deadline exceeded (Client.Timeout exceeded while awaiting headers)`)), timeoutMs);
    request.once("error", (error) => {
      clearTimeout(timer);
      reject(new Error(`Get "${scheme.toLowerCase()}://${bracket(host)}:${port}${path.startsWith("/") ? path : `/${path}`}": ${dialText(error, host, port)}`));
    });
    request.once("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (body.length < maxBody) body += chunk.slice(0, maxBody - body.length);
        else response.destroy();
      });
      response.once("close", () => {
        clearTimeout(timer);
        const status = response.statusCode ?? 0;
        const location = status >= 300 && status < 400 ? response.headers.location : undefined;
        resolve({ status, body, ...(location === undefined ? {} : { location }) });
      });
    });
    request.end();
  });
}

function tcp(host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => socket.destroy(new Error(`dial tcp ${bracket(host)}:${port}: i/o timeout`)), timeoutMs);
    const end = (error?: Error) => {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(new Error(dialText(error, host, port)));
    };
    socket.once("connect", () => end());
    socket.once("error", end);
  });
}

/** Go's words for what Node calls ECONNREFUSED and its like. */
function dialText(error: Error, host: string, port: number): string {
  const words: Record<string, string> = {
    ECONNREFUSED: "connection refused",
    EHOSTUNREACH: "no route to host",
    ENETUNREACH: "network is unreachable",
    ECONNRESET: "connection reset by peer",
  };
  const known = words[(error as NodeJS.ErrnoException).code ?? ""];
  return known === undefined ? error.message : `dial tcp ${bracket(host)}:${port}: connect: ${known}`;
}

function bracket(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
