/**
 * Port-forward for WebSocket clients. Those of today send pieces of a SPDY connection, whose other end is the runtime
 * (KEP-4006). Older ones speak channels: two for each `port` of the query; the runtime speaks them itself.
 */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Clock } from "../../../machinery/clock.ts";
import { HttpError } from "../http-error.ts";
import { acceptWebSocket, sendMessage, whenClosed } from "./accept-websocket.ts";
import { offeredProtocols } from "./channels.ts";
import { requestUpgrade } from "./runtime-stream.ts";
import { tunnelToRuntime, type UpgradingClient } from "./tunnel.ts";

const streamProtocol = "portforward.k8s.io";
export const tunnelProtocol = `SPDY/3.1+${streamProtocol}`;

const channelProtocols = ["", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

/** Resolves when both connections have closed. */
export async function servePortForward(client: UpgradingClient, url: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const offered = offeredProtocols(client.request.headers["sec-websocket-protocol"]);
  if (offered.includes(tunnelProtocol)) return tunnelSpdy(client, url, clock, signal);
  if (offered.some((name) => channelProtocols.includes(name))) return tunnelToRuntime(client, url, clock, signal);
  throw new HttpError(400, `unable to negotiate a WebSocket protocol: ${offered.join(", ")} not supported`);
}

async function tunnelSpdy(client: UpgradingClient, url: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": streamProtocol, "content-length": "0" };
  const answer = await requestUpgrade(url, "POST", headers, signal);
  if (answer.type === "response") {
    answer.message.resume();
    throw new HttpError(500, `the container runtime answered a port-forward request with status ${answer.message.statusCode}`);
  }
  const { socket, head } = answer;
  socket.on("error", () => socket.destroy());
  const webSocket = await acceptWebSocket(client, tunnelProtocol).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  await relay(webSocket, socket, head, clock);
}

async function relay(webSocket: WebSocket, socket: Duplex, head: Buffer, clock: Clock): Promise<void> {
  const closed = whenClosed(webSocket, clock);
  void closed.then(() => socket.destroy());
  webSocket.on("message", (message: Buffer) => {
    if (socket.writable && !socket.write(message)) webSocket.pause();
  });
  socket.on("drain", () => webSocket.resume());
  webSocket.resume();
  try {
    if (head.length > 0) await sendMessage(webSocket, head);
    for await (const chunk of socket) await sendMessage(webSocket, chunk as Buffer);
    webSocket.close(1000);
  } catch {
    // Either connection broke; the other has nobody to speak to.
    webSocket.terminate();
  }
  await closed;
}
