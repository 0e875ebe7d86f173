/**
 * Streams over one HTTP/2 connection, with as little of a client as will do (RFC 9113): node's own would be most of what
 * a benchmark of watches measures. Reads what comes, gives the windows back, and tells of DATA by stream.
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
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

export interface StreamHandler {
  /** The head of the answer has come: HPACK bytes, whose first tells of a plain 200. */
  opened(head: Buffer): void;
  /** Only valid during the call. */
  data(bytes: Buffer): void;
}

export class Http2Reader implements Disposable {
  readonly #socket: TLSSocket;
  readonly #handlers = new Map<number, StreamHandler>();
  readonly #unread = new Map<number, number>();
  #left: Buffer = Buffer.alloc(0);
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
    let bytes = this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk]);
    while (bytes.length >= headerBytes) {
      const end = headerBytes + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      this.#frame(bytes[3]!, bytes[4]!, bytes.readUInt32BE(5), bytes.subarray(headerBytes, end));
      bytes = bytes.subarray(end);
    }
    // The chunk's memory is read into again.
    this.#left = Buffer.from(bytes);
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === dataFrame) {
      this.#handlers.get(stream)?.data(payload);
      this.#count(stream, payload.length);
    } else if (type === headersFrame) this.#handlers.get(stream)?.opened(payload);
    else if (type === settingsFrame && (flags & acknowledged) === 0) this.#socket.write(frame(settingsFrame, acknowledged, 0, Buffer.alloc(0)));
    else if (type === pingFrame && (flags & acknowledged) === 0) this.#socket.write(frame(pingFrame, acknowledged, 0, Buffer.from(payload)));
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
