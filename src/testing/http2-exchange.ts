/** One request over an HTTP/2 session, and the whole answer. */
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** A body is sent as it is when it is bytes or text, otherwise as JSON; its type is JSON unless the headers say another. */
export function exchange(
  session: ClientHttp2Session,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    const type = bytes === undefined ? {} : { "content-type": "application/json" };
    const stream = session.request({ ":method": method, ":path": path, ...type, ...headers }, { endStream: bytes === undefined });
    let answered: IncomingHttpHeaders & { ":status"?: number | undefined } = {};
    const chunks: Buffer[] = [];
    stream.on("response", (received) => {
      answered = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => resolve(answerOf(answered, Buffer.concat(chunks))));
    if (bytes !== undefined) stream.end(bytes);
  });
}

function answerOf(headers: IncomingHttpHeaders & { ":status"?: number | undefined }, bytes: Buffer): Answer {
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
