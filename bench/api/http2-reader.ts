/**
 * Streams over one HTTP/2 connection, with as little of a client as will do (RFC 9113): node's own would be most of what
 * a benchmark of watches measures. Reads what comes, gives the windows back, and tells of DATA by stream. It keeps
 * nothing and copies nothing: each collection of garbage here would count as the server's lateness.
 */
import type { TLSSocket } from "node:tls";
import { connectReading } from "./load.ts";

const dataFrame = 0x0;
const headersFrame = 0x1;
const settingsFrame = 0x4;
const pingFrame = 0x6;
const windowUpdateFrame = 0x8;
const acknowledged = 0x1;
const endStreamAndHeaders = 0x5;
const headerBytes = 9;
const initialWindow = 1 << 20;
const none = Buffer.alloc(0);
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

export interface StreamHandler {
  /** The head of the answer has come: HPACK bytes, whose first tells of a plain 200. */
  opened(head: Buffer): void;
  /** As much as has come. Only valid during the call. */
  data(bytes: Buffer): void;
}

export class Http2Reader implements Disposable {
  readonly #socket: TLSSocket;
  readonly #handlers = new Map<number, StreamHandler>();
  readonly #unread = new Map<number, number>();
  /** Of the frame that is being read: its first bytes, and how many of them and of its payload are still to come. */
  readonly #head = Buffer.alloc(headerBytes);
  #headLeft = headerBytes;
  #payloadLeft = 0;
  /** Of a frame that is no DATA. */
  #payload: Buffer[] = [];
  #nextStream = 1;
  #unreadTotal = 0;

  private constructor(port: number, ca: string, connected: () => void, failed: (error: Error) => void) {
    this.#socket = connectReading(port, ca, (chunk) => this.#received(chunk), ["h2"]);
    this.#socket.once("secureConnect", connected);
    this.#socket.on("error", failed);
  }

  static async open(port: number, ca: string): Promise<Http2Reader> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const reader = new Http2Reader(port, ca, resolve, reject);
    await promise;
    // SETTINGS_INITIAL_WINDOW_SIZE; the connection's window has a frame of its own.
    const settings = Buffer.from([0, 4, 0, 0, 0, 0]);
    settings.writeUInt32BE(initialWindow, 2);
    reader.#socket.write(Buffer.concat([Buffer.from(preface), frame(settingsFrame, 0, 0, settings), windowUpdate(0, 16 << 20)]));
    return reader;
  }

  get(path: string, handler: StreamHandler): void {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#handlers.set(stream, handler);
    this.#socket.write(frame(headersFrame, endStreamAndHeaders, stream, requestHead(path)));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) at += this.#headLeft > 0 ? this.#readHead(chunk, at) : this.#readPayload(chunk, at);
  }

  /** Returns how many bytes it took. */
  #readHead(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#head, headerBytes - this.#headLeft, at, at + this.#headLeft);
    this.#headLeft -= taken;
    if (this.#headLeft > 0) return taken;
    this.#payloadLeft = this.#head.readUIntBE(0, 3);
    if (this.#payloadLeft === 0) this.#ended();
    return taken;
  }

  #readPayload(chunk: Buffer, at: number): number {
    const piece = chunk.subarray(at, at + this.#payloadLeft);
    if (this.#head[3] === dataFrame) this.#data(this.#head.readUInt32BE(5), piece);
    else this.#payload.push(Buffer.from(piece));
    this.#payloadLeft -= piece.length;
    if (this.#payloadLeft === 0) this.#ended();
    return piece.length;
  }

  #ended(): void {
    this.#headLeft = headerBytes;
    const isAnswer = ((this.#head[4] ?? 0) & acknowledged) !== 0;
    const type = this.#head[3];
    if (type === dataFrame) return;
    const payload = Buffer.concat(this.#payload);
    this.#payload = [];
    if (type === headersFrame) this.#handlers.get(this.#head.readUInt32BE(5))?.opened(payload);
    else if (type === settingsFrame && !isAnswer) this.#socket.write(frame(settingsFrame, acknowledged, 0, none));
    else if (type === pingFrame && !isAnswer) this.#socket.write(frame(pingFrame, acknowledged, 0, payload));
  }

  #data(stream: number, bytes: Buffer): void {
    this.#handlers.get(stream)?.data(bytes);
    this.#count(stream, bytes.length);
  }

  /** Half a window read is given back. */
  #count(stream: number, length: number): void {
    const unread = (this.#unread.get(stream) ?? 0) + length;
    this.#unread.set(stream, unread < initialWindow / 2 ? unread : 0);
    if (unread >= initialWindow / 2) this.#socket.write(windowUpdate(stream, unread));
    this.#unreadTotal += length;
    if (this.#unreadTotal < 8 << 20) return;
    this.#socket.write(windowUpdate(0, this.#unreadTotal));
    this.#unreadTotal = 0;
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headerBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function windowUpdate(stream: number, bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(windowUpdateFrame, 0, stream, payload);
}

/** HPACK (RFC 7541): `:method: GET` and `:scheme: https` by their index, path and authority as literals under an indexed name. */
function requestHead(path: string): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x87]), literal(4, path), literal(1, "127.0.0.1")]);
}

function literal(name: number, value: string): Buffer {
  const text = Buffer.from(value);
  if (text.length < 127) return Buffer.concat([Buffer.from([name, text.length]), text]);
  const rest = text.length - 127;
  if (rest >= 1 << 14) throw new Error(`cannot encode a header of ${text.length} bytes`);
  const length = rest < 128 ? [127, rest] : [127, (rest & 127) | 128, rest >> 7];
  return Buffer.concat([Buffer.from([name, ...length]), text]);
}
