/** One HTTPS server that the API server asks: a webhook or an issuer of tokens. */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";

export interface RemoteServerOptions {
  /** Connections are kept for this origin; requests may go to any URL. */
  readonly tls?: RemoteTls;
  /** Sent with every request, such as an Authorization. */
  headers?(): Promise<Readonly<Record<string, string>>>;
}

export interface RemoteTls {
  /** PEM of the authorities to trust; absent: those of the system. */
  readonly ca?: string;
  /** PEM of the client certificate and its key. */
  readonly certificate?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}

export interface RemoteAnswer {
  readonly code: number;
  readonly text: string;
  readonly headers: IncomingMessage["headers"];
}

export interface RemoteRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request and reads the answer, whatever its code. Rejects when none came. */
export type RemoteCall = (request: RemoteRequest, signal: AbortSignal) => Promise<RemoteAnswer>;

/** Nobody has more to say than this to an API server. */
const maxAnswerBytes = 4 * 1024 * 1024;
/** Longer than bursts are apart, shorter than most servers keep an idle connection. */
const idleMs = 4_000;

export function remoteServer({ tls = {}, headers: ownHeaders }: RemoteServerOptions): RemoteCall {
  const plain = new HttpAgent({ keepAlive: true, timeout: idleMs });
  const secure = new HttpsAgent({
    keepAlive: true,
    timeout: idleMs,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    rejectUnauthorized: tls.insecureSkipVerify !== true,
  });
  return async ({ method, url, body, headers }, signal) => {
    const target = new URL(url);
    const isPlain = target.protocol === "http:";
    const options = { method, signal, headers: { accept: "application/json", ...headers, ...(await ownHeaders?.()) } };
    const request = isPlain ? requestHttp(target, { ...options, agent: plain }) : requestHttps(target, { ...options, agent: secure });
    return exchange(request, body);
  };
}

function exchange(request: ClientRequest, body: string | undefined): Promise<RemoteAnswer> {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (message) => read(message).then(resolve, reject));
    if (body !== undefined) request.setHeader("content-type", "application/json");
    request.end(body);
  });
}

async function read(message: IncomingMessage): Promise<RemoteAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += (chunk as Buffer).length;
    if (size > maxAnswerBytes) {
      message.destroy();
      throw new Error(`cannot read an answer: it is longer than ${maxAnswerBytes} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  return { code: message.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8"), headers: message.headers };
}
