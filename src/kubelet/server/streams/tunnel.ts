/** An upgrade request passed on to the runtime unparsed: what SPDY clients get. */
import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../../../machinery/clock.ts";
import { joinStreams } from "../../../machinery/join-streams.ts";
import { requestUpgrade } from "./runtime-stream.ts";

/** A connection that wants to be upgraded; nothing has been answered yet. */
export interface UpgradingClient {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Resolves when both connections have closed. Rejects before anything has been answered, or not at all. */
export async function tunnelToRuntime({ request, socket, head }: UpgradingClient, url: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const answer = await requestUpgrade(url, request.method ?? "POST", passedHeaders(request), signal);
  if (answer.type === "response") return passOn(answer.message, socket);
  socket.write(headOf(answer.message, answer.message.rawHeaders));
  if (answer.head.length > 0) socket.write(answer.head);
  if (head.length > 0) answer.socket.write(head);
  await joinStreams(socket, answer.socket, clock, signal);
}

/** Repeated lines stay apart: each X-Stream-Protocol-Version is one protocol. */
function passedHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values !== undefined && name !== "host" && name !== "authorization") headers[name] = values.length === 1 ? values[0]! : values;
  }
  return headers;
}

async function passOn(message: IncomingMessage, socket: Duplex): Promise<void> {
  const body = await message.toArray();
  const content = Buffer.concat(body as Buffer[]);
  const type = message.headers["content-type"] ?? "text/plain; charset=utf-8";
  socket.write(headOf(message, ["content-type", type, "content-length", String(content.length), "connection", "close"]));
  socket.end(content);
}

function headOf({ statusCode = 502 }: IncomingMessage, headers: readonly string[]): string {
  let head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ""}\r\n`;
  for (let index = 0; index < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${head}\r\n`;
}
