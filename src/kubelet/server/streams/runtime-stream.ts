/** Connections to the streaming server of the container runtime, which gives one URL for each request. */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { HttpError } from "../http-error.ts";
import { SpdyConnection } from "../spdy/connection.ts";
import { connectPatiently } from "./patient-socket.ts";

export type RuntimeAnswer =
  | { readonly type: "upgrade"; readonly message: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }
  | { readonly type: "response"; readonly message: IncomingMessage };

/** Sends an upgrade request to this URL. Rejects with an HttpError of 500 when the runtime cannot be reached. */
export function requestUpgrade(url: string, method: string, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<RuntimeAnswer> {
  return new Promise((resolve, reject) => {
    // containerd may serve streams with a certificate that it made for itself; it listens on the node's own address.
    const call = url.startsWith("https:")
      ? httpsRequest(url, { method, headers, agent: false, rejectUnauthorized: false })
      : httpRequest(url, { method, headers, agent: false, createConnection: connectPatiently });
    const abort = () => call.destroy(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    call.once("close", () => signal.removeEventListener("abort", abort));
    call.once("upgrade", (message, socket, head) => resolve({ type: "upgrade", message, socket, head }));
    call.once("response", (message) => resolve({ type: "response", message }));
    call.on("error", (error) => reject(new HttpError(500, `error dialing the container runtime: ${error.message}`, { cause: error })));
    call.end();
  });
}

/** A SPDY connection for exec, attach or port-forward in this version of its protocol. */
export async function dialSpdy(url: string, protocol: string, signal: AbortSignal): Promise<SpdyConnection> {
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol, "content-length": "0" };
  const answer = await requestUpgrade(url, "POST", headers, signal);
  if (answer.type === "response") throw await refusedBy(answer.message);
  return new SpdyConnection(answer.socket, answer.head);
}

async function refusedBy(message: IncomingMessage): Promise<HttpError> {
  let text = "";
  for await (const chunk of message.setEncoding("utf8")) text += chunk;
  return new HttpError(message.statusCode ?? 500, text.trim() || `the container runtime answered with status ${message.statusCode}`);
}
