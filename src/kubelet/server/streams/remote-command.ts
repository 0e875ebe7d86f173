/** Exec and attach for WebSocket clients: their channels translated into SPDY streams of the runtime, and back. */
import type { Readable } from "node:stream";
import type { WebSocket } from "ws";
import type { Clock } from "../../../machinery/clock.ts";
import type { SpdyConnection } from "../spdy/connection.ts";
import type { SpdyStream } from "../spdy/stream.ts";
import { sendMessage, whenClosed } from "./accept-websocket.ts";
import { type ChannelProtocol, channel, decodeMessage, encodeMessage } from "./channels.ts";
import { finalMessage, type Silence } from "./result.ts";

export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface RemoteStreams {
  readonly error: SpdyStream;
  readonly stdin: SpdyStream | undefined;
  readonly stdout: SpdyStream | undefined;
  readonly stderr: SpdyStream | undefined;
  readonly resize: SpdyStream | undefined;
}

/** The runtime begins once it has all the streams that it was told of, so exactly these are opened. */
export async function openStreams(connection: SpdyConnection, options: StreamOptions): Promise<RemoteStreams> {
  const open = (streamtype: string, wanted: boolean) => (wanted ? connection.open({ streamtype }) : undefined);
  const [error, stdin, stdout, stderr, resize] = await Promise.all([
    connection.open({ streamtype: "error" }),
    open("stdin", options.stdin),
    open("stdout", options.stdout),
    open("stderr", options.stderr),
    open("resize", options.tty),
  ]);
  return { error, stdin, stdout, stderr, resize };
}

export interface RemoteSession {
  readonly client: WebSocket;
  readonly protocol: ChannelProtocol;
  readonly connection: SpdyConnection;
  readonly streams: RemoteStreams;
  readonly silence: Silence;
  readonly clock: Clock;
}

/**
 * Resolves when the session is over and the client's connection closed. The order at the end is what makes clients see
 * everything: all output first, then the result, then a normal close.
 */
export async function runRemoteCommand({ client, protocol, connection, streams, silence, clock }: RemoteSession): Promise<void> {
  const closed = whenClosed(client, clock);
  // Without its client the command's streams are of no use to anybody.
  void closed.then(() => connection.destroy());
  receive(client, protocol, streams);
  const send = (number: number, data: Buffer) => sendMessage(client, encodeMessage(protocol, number, data));
  const result = textOf(streams.error);
  try {
    // An empty message on the first channel tells old clients that the session has begun.
    await send(streams.stdout !== undefined ? channel.stdout : streams.stderr !== undefined ? channel.stderr : channel.error, Buffer.alloc(0));
    await Promise.all([pump(streams.stdout, (data) => send(channel.stdout, data)), pump(streams.stderr, (data) => send(channel.stderr, data))]);
    const final = finalMessage(await result, protocol.status, silence);
    if (final !== undefined) await send(channel.error, final);
    client.close(1000);
  } catch {
    // Only sending fails, and only when the client has gone.
    client.terminate();
  }
  await closed;
  connection.close();
  await connection.closed;
}

async function pump(stream: Readable | undefined, send: (data: Buffer) => Promise<void>): Promise<void> {
  if (stream === undefined) return;
  for await (const chunk of stream) await send(chunk as Buffer);
}

async function textOf(stream: SpdyStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Passes the client's messages on, no faster than the runtime takes them. */
function receive(client: WebSocket, protocol: ChannelProtocol, { stdin, resize }: RemoteStreams): void {
  const targets: Readonly<Record<number, SpdyStream | undefined>> = { [channel.stdin]: stdin, [channel.resize]: resize };
  for (const stream of [stdin, resize]) stream?.on("error", () => undefined);
  client.on("message", (message: Buffer) => {
    const said = decodeMessage(protocol, message);
    const target = said === undefined ? undefined : targets[said.channel];
    if (said === undefined || target === undefined || target.writableEnded || target.destroyed) return;
    if (said.type === "close") target.end();
    else if (said.data.length > 0 && !target.write(said.data)) hold(client, target);
  });
  client.resume();
}

/** Messages read before the pause may still come, and end the target: one that has ended finishes instead of draining. */
function hold(client: WebSocket, target: SpdyStream): void {
  client.pause();
  const release = () => {
    for (const event of releases) target.off(event, release);
    client.resume();
  };
  for (const event of releases) target.on(event, release);
}

const releases = ["drain", "finish", "close"] as const;
