/** A plain HTTP server that answers paths with short texts, to any method, as kube-proxy's do. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TextAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Undefined for a path that there is not. */
export type Answers = (path: string) => TextAnswer | undefined | Promise<TextAnswer | undefined>;

export interface HttpServer {
  readonly port: number;
  /** Ends connections too. */
  close(): Promise<void>;
}

export interface BindAddress {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

const plainText = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
const notFound: TextAnswer = { code: 404, headers: plainText, body: "404 page not found\n" };

export function textAnswer(code: number, body: string): TextAnswer {
  return { code, headers: plainText, body };
}

export function jsonAnswer(code: number, body: string, headers: Readonly<Record<string, string>> = {}): TextAnswer {
  return { code, headers: { "content-type": "application/json", "x-content-type-options": "nosniff", ...headers }, body };
}

/** Resolves once it listens; rejects when it cannot. */
export async function serveHttp({ host, port }: BindAddress, answers: Answers): Promise<HttpServer> {
  const server = createServer((request, response) => void answer(request, response, answers));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Never rejects. */
async function answer(request: IncomingMessage, response: ServerResponse, answers: Answers): Promise<void> {
  response.on("error", () => response.destroy());
  try {
    const [path = "/"] = (request.url ?? "/").split("?");
    const { code, headers, body } = (await answers(path)) ?? notFound;
    response.writeHead(code, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
  } catch (error) {
    const { headers, body } = textAnswer(500, `${error instanceof Error ? error.message : String(error)}\n`);
    response.writeHead(500, headers).end(body);
  }
}
