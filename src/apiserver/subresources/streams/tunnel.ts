/** An upgrade request passed on to another server, and the connection that comes of it. */
import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import type { Clock } from "../../../machinery/clock.ts";
import { joinStreams } from "../../../machinery/join-streams.ts";
import type { ResponseWriter, UpgradeSocket } from "../../contract.ts";
import { responseHeaders } from "./headers.ts";
import type { UpstreamAnswer } from "./upstream.ts";

/**
 * Headers of an upgrade request for the server behind. Repeated lines stay apart, since SPDY servers take each
 * X-Stream-Protocol-Version for one protocol. Credentials were meant for us alone.
 */
export function upgradeHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values === undefined || isCredential(name)) continue;
    const passed = name === "sec-websocket-protocol" ? withoutBearer(values) : values;
    if (passed.length > 0) headers[name] = passed.length === 1 ? passed[0]! : passed;
  }
  return headers;
}

export function isCredential(name: string): boolean {
  return name === "authorization" || name.startsWith("impersonate-") || name.startsWith("x-remote-");
}

/** Browsers, which cannot set headers, send their token as a subprotocol (KEP-less, kubernetes#47740). */
function withoutBearer(values: readonly string[]): string[] {
  const protocols = values.flatMap((value) => value.split(",")).map((text) => text.trim());
  const kept = protocols.filter((protocol) => !protocol.startsWith("base64url.bearer.authorization.k8s.io."));
  return kept.length === 0 ? [] : [kept.join(", ")];
}

/**
 * Hands the answer to an upgrade request on to the client. Only a 101 opens the tunnel: after any other answer the
 * client must not get to speak to the server behind with our identity (CVE-2018-1002105).
 */
export async function completeUpgrade(
  client: UpgradeSocket,
  response: ResponseWriter,
  answer: UpstreamAnswer,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { message } = answer;
  if (answer.type === "response") return passOn(message, response);
  if (message.statusCode !== 101) {
    answer.socket.destroy();
    throw new Error(`cannot tunnel a connection: the server behind upgraded it with status ${message.statusCode}`);
  }
  const { socket } = client;
  client.switched?.();
  socket.write(upgradeHead(message));
  if (answer.head.length > 0) socket.write(answer.head);
  if (client.head.length > 0) answer.socket.write(client.head);
  await joinStreams(socket, answer.socket, clock, signal);
}

function upgradeHead({ rawHeaders }: IncomingMessage): string {
  let head = `HTTP/1.1 101 ${STATUS_CODES[101]}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  return `${head}\r\n`;
}

async function passOn(message: IncomingMessage, response: ResponseWriter): Promise<void> {
  response.start(message.statusCode ?? 502, responseHeaders(message));
  for await (const chunk of message) await response.write(chunk);
  await response.end();
}
