/**
 * A container runtime's streaming server for tests: SPDY/3.1 over an HTTP upgrade, as containerd speaks it, with a
 * "command" that is a function on streams.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { encodeFrame, type Frame, FrameReader } from "../kubelet/server/spdy/frames.ts";
import { HeaderCodec, type SpdyHeaders } from "../kubelet/server/spdy/header-codec.ts";

export interface FakeStreams {
  /** Headers of each stream, in the order in which the client opened them. */
  readonly opened: readonly SpdyHeaders[];
  /** What came on the stream of this type so far, and whether the client has half-closed it. */
  received(type: string): { readonly data: Buffer; readonly ended: boolean };
  /** Resolves when the client has half-closed this stream. */
  ended(type: string): Promise<void>;
  write(type: string, data: Buffer | string): void;
  finish(type: string): void;
  send(frame: Frame): void;
  /** Resets all streams and closes, in that order, as Kubernetes' streaming servers end a session. */
  close(): void;
}

export interface FakeStreamingServer {
  readonly url: string;
  /** How often the server has been reached. */
  readonly sessions: FakeStreams[];
  close(): Promise<void>;
}

/** `command` runs once the client has opened `expected` streams. */
export async function fakeStreamingServer(expected: number, command: (streams: FakeStreams) => void | Promise<void>): Promise<FakeStreamingServer> {
  const sessions: FakeStreams[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(400).end("unable to upgrade: missing upgrade headers"));
  server.on("upgrade", (request, socket, head) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    const protocol = request.headersDistinct["x-stream-protocol-version"]?.[0] ?? "";
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`);
    sessions.push(serve(socket, head, expected, command));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/exec/token`,
    sessions,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface FakeStream {
  readonly id: number;
  readonly headers: SpdyHeaders;
  data: Buffer[];
  ended: boolean;
  readonly whenEnded: PromiseWithResolvers<void>;
}

function serve(socket: Duplex, head: Buffer, expected: number, command: (streams: FakeStreams) => void | Promise<void>): FakeStreams {
  const reader = new FrameReader();
  const codec = new HeaderCodec();
  const streams: FakeStream[] = [];
  const find = (type: string) => {
    const found = streams.find(({ headers }) => headers["streamtype"] === type);
    if (found === undefined) throw new Error(`the client opened no stream ${type}`);
    return found;
  };
  const send = (frame: Frame) => void (socket.writable && socket.write(encodeFrame(frame)));
  const session: FakeStreams = {
    get opened() {
      return streams.map(({ headers }) => headers);
    },
    received: (type) => ({ data: Buffer.concat(find(type).data), ended: find(type).ended }),
    ended: (type) => find(type).whenEnded.promise,
    write: (type, data) => send({ type: "data", streamId: find(type).id, fin: false, data: Buffer.from(data as Buffer) }),
    finish: (type) => send({ type: "data", streamId: find(type).id, fin: true, data: Buffer.alloc(0) }),
    send,
    close: () => {
      for (const { id } of streams) send({ type: "rstStream", streamId: id, status: 5 });
      socket.end();
    },
  };
  const handle = async (frame: Frame) => {
    if (frame.type === "synStream") {
      streams.push({ id: frame.streamId, headers: await codec.decode(frame.headerBlock), data: [], ended: frame.fin, whenEnded: Promise.withResolvers() });
      send({ type: "synReply", streamId: frame.streamId, fin: false, headerBlock: await codec.encode({}) });
      if (streams.length === expected) void command(session);
    } else if (frame.type === "data") {
      const stream = streams.find(({ id }) => id === frame.streamId);
      stream?.data.push(frame.data);
      if (stream !== undefined && frame.fin) {
        stream.ended = true;
        stream.whenEnded.resolve();
      }
    }
  };
  void readAll();
  return session;

  async function readAll(): Promise<void> {
    try {
      for (const frame of reader.push(head)) await handle(frame);
      for await (const chunk of socket) for (const frame of reader.push(chunk as Buffer)) await handle(frame);
    } catch {
      // The client cut the connection.
    } finally {
      codec.close();
      socket.destroy();
    }
  }
}
