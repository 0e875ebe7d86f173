/** A byte stream over a WebSocket, server to client only (k8s.io/apiserver wsstream Reader). */
import { type WebSocket, WebSocketServer } from "ws";
import { badRequest } from "../../../machinery/status.ts";
import type { UpgradeSocket } from "../../contract.ts";

/** Without a subprotocol the stream goes as binary frames. */
const protocols: Readonly<Record<string, "binary" | "base64">> = { "": "binary", "binary.k8s.io": "binary", "base64.binary.k8s.io": "base64" };

/** Resolves when the stream has been sent and the connection closed, or the client has gone. */
export async function serveLogWebSocket(upgrade: UpgradeSocket, source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const offered = (upgrade.request.headers["sec-websocket-protocol"] ?? "").split(",").map((text) => text.trim());
  const protocol = offered.find((name) => Object.hasOwn(protocols, name));
  if (protocol === undefined) throw badRequest(`unable to negotiate a WebSocket protocol: ${offered.join(", ")} not supported`);
  const socket = await accept(upgrade, protocol);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => socket.terminate());
  try {
    await sendAll(socket, source, protocols[protocol] === "base64");
    socket.close(1000);
  } catch (error) {
    if (socket.readyState === socket.OPEN) socket.close(1011);
    if (!signal.aborted && socket.readyState !== socket.CLOSED && socket.readyState !== socket.CLOSING) throw error;
  }
  await closed;
}

function accept({ request, socket, head, switched }: UpgradeSocket, protocol: string): Promise<WebSocket> {
  const server = new WebSocketServer({ noServer: true, handleProtocols: () => (protocol === "" ? false : protocol) });
  return new Promise((resolve, reject) => {
    server.once("wsClientError", (error) => reject(badRequest(error.message)));
    server.handleUpgrade(request, socket, head, (accepted) => {
      switched?.();
      resolve(accepted);
    });
  });
}

async function sendAll(socket: WebSocket, source: AsyncIterable<Uint8Array>, base64: boolean): Promise<void> {
  // An empty frame tells the client that the stream has begun.
  await send(socket, base64 ? "" : Buffer.alloc(0));
  for await (const chunk of source) await send(socket, base64 ? Buffer.from(chunk).toString("base64") : chunk);
}

/** Resolves when the frame has been handed to the network: the source is read no faster than the client takes it. */
function send(socket: WebSocket, data: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => socket.send(data, (error) => (error ? reject(error) : resolve())));
}
