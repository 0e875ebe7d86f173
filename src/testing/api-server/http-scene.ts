/** A test server on a TLS port, and the least client that can send it anything. */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import type { ApiServerConfig } from "../../apiserver/server.ts";
import { CertificateAuthority, type KeyPair } from "../../cluster/certificates.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface HttpScene extends TestServer {
  readonly url: string;
  readonly port: number;
  readonly ca: string;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
}

let pki: Promise<{ ca: string; server: KeyPair }> | undefined;

async function makePki() {
  const authority = await CertificateAuthority.create("test", Date.now());
  const server = await authority.issue({ commonName: "server", usage: "server", ipAddresses: ["127.0.0.1"] }, Date.now());
  return { ca: authority.pem.certificate, server };
}

export async function startHttpScene(options: Partial<ApiServerConfig> = {}): Promise<HttpScene> {
  pki ??= makePki();
  const { ca, server: pair } = await pki;
  const test = await startTestServer(options);
  const { port } = await test.server.listen({ host: "127.0.0.1", port: 0, key: pair.key, cert: pair.certificate, clientCa: ca });
  const url = `https://127.0.0.1:${port}`;
  const session = connect(url, { ca });
  session.on("error", () => undefined);
  const send: HttpScene["send"] = (method, path, body, headers = {}) => exchange(session, method, path, body, headers);
  return {
    ...test,
    url,
    port,
    ca,
    send,
    get: (path, headers) => send("GET", path, undefined, headers),
    close: async () => {
      session.destroy();
      await test.close();
    },
  };
}

function exchange(session: ClientHttp2Session, method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    const type = bytes === undefined || headers["content-type"] !== undefined ? {} : { "content-type": "application/json" };
    const stream = session.request({ ":method": method, ":path": path, ...type, ...headers }, { endStream: bytes === undefined });
    let answer: IncomingHttpHeaders & { ":status"?: number | undefined } = {};
    const chunks: Buffer[] = [];
    stream.on("response", (received) => {
      answer = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => resolve(toAnswer(answer, Buffer.concat(chunks))));
    if (bytes !== undefined) stream.end(bytes);
  });
}

function toAnswer(headers: IncomingHttpHeaders & { ":status"?: number | undefined }, bytes: Buffer): Answer {
  const text = bytes.toString("utf8");
  return {
    code: headers[":status"] ?? 0,
    headers,
    bytes,
    text,
    get body() {
      return JSON.parse(text);
    },
  };
}
