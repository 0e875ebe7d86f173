/** Frames of SPDY/3.1 (SPDY Protocol, Draft 3.1, section 2.2). Pure: bytes to frames and back. */

export const frameType = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;

export const flagFin = 0x01;

/** Header blocks are still compressed. */
export type Frame =
  | { readonly type: "data"; readonly streamId: number; readonly fin: boolean; readonly data: Buffer }
  | { readonly type: "synStream"; readonly streamId: number; readonly fin: boolean; readonly headerBlock: Buffer }
  | { readonly type: "synReply"; readonly streamId: number; readonly fin: boolean; readonly headerBlock: Buffer }
  | { readonly type: "headers"; readonly streamId: number; readonly fin: boolean; readonly headerBlock: Buffer }
  | { readonly type: "rstStream"; readonly streamId: number; readonly status: number }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway"; readonly lastGoodStreamId: number; readonly status: number }
  | { readonly type: "windowUpdate"; readonly streamId: number; readonly delta: number }
  | { readonly type: "settings" };

/** Codes of RST_STREAM. */
export const resetStatus = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;

const headSize = 8;
const version = 3;
const streamIdMask = 0x7fffffff;
/** Length is a field of 24 bits. */
export const maxPayload = 0xffffff;

export class SpdyError extends Error {
  override readonly name = "SpdyError";
}

export function encodeFrame(frame: Frame): Buffer {
  switch (frame.type) {
    case "data":
      return Buffer.concat([dataHead(frame.streamId, frame.fin, frame.data.length), frame.data]);
    case "synStream":
      // Associated stream, priority and slot are all 0: the peer serves every stream alike.
      return control(frameType.synStream, frame.fin, [uint32(frame.streamId), Buffer.alloc(6), frame.headerBlock]);
    case "synReply":
      return control(frameType.synReply, frame.fin, [uint32(frame.streamId), frame.headerBlock]);
    case "headers":
      return control(frameType.headers, frame.fin, [uint32(frame.streamId), frame.headerBlock]);
    case "rstStream":
      return control(frameType.rstStream, false, [uint32(frame.streamId), uint32(frame.status)]);
    case "ping":
      return control(frameType.ping, false, [uint32(frame.id)]);
    case "goAway":
      return control(frameType.goAway, false, [uint32(frame.lastGoodStreamId), uint32(frame.status)]);
    case "windowUpdate":
      return control(frameType.windowUpdate, false, [uint32(frame.streamId), uint32(frame.delta)]);
    case "settings":
      return control(frameType.settings, false, [uint32(0)]);
  }
}

/** The eight bytes before the data, so that large data need not be copied. */
export function dataHead(streamId: number, fin: boolean, length: number): Buffer {
  const head = Buffer.allocUnsafe(headSize);
  head.writeUInt32BE(streamId & streamIdMask, 0);
  head.writeUInt32BE((fin ? flagFin << 24 : 0) + length, 4);
  return head;
}

function control(type: number, fin: boolean, payload: readonly Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  const head = Buffer.allocUnsafe(headSize);
  head.writeUInt16BE(0x8000 | version, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE((fin ? flagFin << 24 : 0) + body.length, 4);
  return Buffer.concat([head, body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Cuts a byte stream into frames, however it arrives. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;

  /** Throws a SpdyError at bytes that are no frame of this version. Frames of unknown types are skipped, as the protocol asks. */
  *push(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= headSize) {
      const size = headSize + (this.#peek(headSize).readUInt32BE(4) & maxPayload);
      if (this.#length < size) return;
      const frame = parseFrame(this.#take(size));
      if (frame !== undefined) yield frame;
    }
  }

  /** Bytes of a frame that is not complete. */
  get pending(): number {
    return this.#length;
  }

  #peek(size: number): Buffer {
    if (this.#chunks[0]!.length < size) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #take(size: number): Buffer {
    const first = this.#peek(size);
    this.#length -= size;
    if (first.length === size) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(size);
    return first.subarray(0, size);
  }
}

function parseFrame(bytes: Buffer): Frame | undefined {
  const fin = (bytes[4]! & flagFin) !== 0;
  if ((bytes[0]! & 0x80) === 0) return { type: "data", streamId: bytes.readUInt32BE(0), fin, data: bytes.subarray(headSize) };
  const spoken = bytes.readUInt16BE(0) & 0x7fff;
  if (spoken !== version) throw new SpdyError(`cannot read a SPDY frame: its version is ${spoken}, not ${version}`);
  return parseControl(bytes.readUInt16BE(2), fin, bytes.subarray(headSize));
}

/** The least that a frame of this type holds. */
const leastPayload: Readonly<Record<number, number>> = {
  [frameType.synStream]: 10,
  [frameType.synReply]: 4,
  [frameType.rstStream]: 8,
  [frameType.ping]: 4,
  [frameType.goAway]: 8,
  [frameType.headers]: 4,
  [frameType.windowUpdate]: 8,
};

function parseControl(type: number, fin: boolean, payload: Buffer): Frame | undefined {
  const least = leastPayload[type] ?? 0;
  if (payload.length < least) throw new SpdyError(`cannot read a SPDY frame of type ${type}: it holds ${payload.length} bytes instead of ${least}`);
  const id = () => payload.readUInt32BE(0) & streamIdMask;
  switch (type) {
    case frameType.synStream:
      return { type: "synStream", streamId: id(), fin, headerBlock: payload.subarray(10) };
    case frameType.synReply:
      return { type: "synReply", streamId: id(), fin, headerBlock: payload.subarray(4) };
    case frameType.headers:
      return { type: "headers", streamId: id(), fin, headerBlock: payload.subarray(4) };
    case frameType.rstStream:
      return { type: "rstStream", streamId: id(), status: payload.readUInt32BE(4) };
    case frameType.ping:
      return { type: "ping", id: payload.readUInt32BE(0) };
    case frameType.goAway:
      return { type: "goAway", lastGoodStreamId: id(), status: payload.readUInt32BE(4) };
    case frameType.windowUpdate:
      return { type: "windowUpdate", streamId: id(), delta: payload.readUInt32BE(4) & streamIdMask };
    case frameType.settings:
      return { type: "settings" };
    default:
      return undefined;
  }
}
