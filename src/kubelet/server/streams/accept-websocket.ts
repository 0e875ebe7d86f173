/** The server's side of a WebSocket: accepting it, sending at the client's pace, closing cleanly. */
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../../machinery/clock.ts";
import { HttpError } from "../http-error.ts";
import type { UpgradingClient } from "./tunnel.ts";

/** Clients send pieces of some 32 KB; anything near this is no client of ours. */
const maxMessageSize = 32 * 1024 * 1024;
const pingPeriodMs = 30_000;

/** `protocol` is "" for none. The socket is paused: messages come once it is resumed. Rejects with 400 when the handshake is not one. */
export function acceptWebSocket({ request, socket, head }: UpgradingClient, protocol: string): Promise<WebSocket> {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageSize, skipUTF8Validation: true });
  // The library takes SPDY/3.1+portforward.k8s.io for malformed, as the slash makes it by RFC 6455; so the choice has
  // been made before, and it is only told to answer with it.
  delete request.headers["sec-websocket-protocol"];
  if (protocol !== "") server.on("headers", (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve, reject) => {
    server.once("wsClientError", (error) => reject(new HttpError(400, error.message)));
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("error", () => webSocket.terminate());
      webSocket.pause();
      resolve(webSocket);
    });
  });
}

/** Resolves when the message has been handed to the network; rejects when the client has gone. */
export function sendMessage(webSocket: WebSocket, data: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => webSocket.send(data, { binary: typeof data !== "string" }, (error) => (error ? reject(error) : resolve())));
}

/** Settles when the connection has closed; until then pings, since a client that vanished is noticed by writing only. */
export function whenClosed(webSocket: WebSocket, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let timer = clock.after(pingPeriodMs, ping);
    function ping(): void {
      if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
      timer = clock.after(pingPeriodMs, ping);
    }
    webSocket.once("close", () => {
      timer[Symbol.dispose]();
      resolve();
    });
  });
}
