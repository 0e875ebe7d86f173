/**
 * The client's side of a SPDY/3.1 connection, as far as the streaming servers of container runtimes speak it
 * (moby/spdystream): the client opens streams, the peer answers on them. That peer has no per-stream flow control: it
 * neither sends nor heeds WINDOW_UPDATE, so TCP alone holds either side back.
 */
import type { Duplex } from "node:stream";
import { dataHead, encodeFrame, type Frame, FrameReader, resetStatus, SpdyError } from "./frames.ts";
import { HeaderCodec, type SpdyHeaders } from "./header-codec.ts";
import { SpdyStream, type StreamWriter } from "./stream.ts";

/** Large writes go out in pieces, so that other streams' frames get in between. */
const maxDataSize = 64 * 1024;

interface Opening {
  resolve(): void;
  reject(error: Error): void;
}

export class SpdyConnection implements StreamWriter {
  readonly #socket: Duplex;
  readonly #codec = new HeaderCodec();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #openings = new Map<number, Opening>();
  #nextId = 1;
  #ended = false;
  /** Settles when the connection has ended, however it did; the streams have ended then. */
  readonly closed: Promise<void>;

  /** `head`: first bytes of the connection that were read together with the answer to the upgrade. */
  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    socket.on("error", () => socket.destroy());
    this.closed = this.#run(head);
  }

  /** Resolves when the peer has accepted the stream; rejects when it refuses, or the connection ends. */
  async open(headers: SpdyHeaders): Promise<SpdyStream> {
    if (this.#ended) throw new SpdyError("cannot open a stream: the connection has ended");
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new SpdyStream(id, this);
    this.#streams.set(id, stream);
    const accepted = new Promise<void>((resolve, reject) => this.#openings.set(id, { resolve, reject }));
    // Blocks are coded in the order of their ids, and written in the order in which they were coded.
    this.#codec.encode(headers).then(
      (headerBlock) => this.#send({ type: "synStream", streamId: id, fin: false, headerBlock }),
      (error: Error) => this.#openings.get(id)?.reject(error),
    );
    await accepted;
    return stream;
  }

  /** Ends the connection after what has been written. */
  close(): void {
    if (this.#ended) return;
    this.#send({ type: "goAway", lastGoodStreamId: 0, status: 0 });
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  sendData(streamId: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      done();
      return;
    }
    this.#socket.cork();
    let offset = 0;
    do {
      const piece = data.subarray(offset, offset + maxDataSize);
      offset += piece.length;
      const last = offset >= data.length;
      this.#socket.write(dataHead(streamId, fin && last, piece.length), last && piece.length === 0 ? () => done() : undefined);
      // A failure to write ends the connection, which ends the streams; the writer need not fail as well.
      if (piece.length > 0) this.#socket.write(piece, last ? () => done() : undefined);
    } while (offset < data.length);
    this.#socket.uncork();
  }

  cancel(streamId: number): void {
    if (this.#streams.delete(streamId)) this.#send({ type: "rstStream", streamId, status: resetStatus.cancel });
  }

  #send(frame: Frame): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(encodeFrame(frame));
  }

  async #run(head: Buffer): Promise<void> {
    const reader = new FrameReader();
    try {
      for (const frame of reader.push(head)) await this.#handle(frame);
      for await (const chunk of this.#socket) for (const frame of reader.push(chunk as Buffer)) await this.#handle(frame);
    } catch {
      // The connection broke, or the peer speaks something else. Either way it is over, and the streams' readers see their end.
    } finally {
      this.#end();
    }
  }

  #end(): void {
    this.#ended = true;
    this.#socket.destroy();
    for (const { reject } of this.#openings.values()) reject(new SpdyError("cannot open a stream: the connection has ended"));
    this.#openings.clear();
    for (const stream of this.#streams.values()) stream.terminate();
    this.#streams.clear();
    this.#codec.close();
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case "data":
        return this.#data(frame.streamId, frame.data, frame.fin);
      case "synReply":
        // Also keeps the shared zlib stream in step.
        await this.#codec.decode(frame.headerBlock);
        return this.#accepted(frame.streamId, frame.fin);
      case "headers":
        await this.#codec.decode(frame.headerBlock);
        if (frame.fin) this.#streams.get(frame.streamId)?.finish();
        return;
      case "synStream":
        await this.#codec.decode(frame.headerBlock);
        return this.#send({ type: "rstStream", streamId: frame.streamId, status: resetStatus.refusedStream });
      case "rstStream":
        return this.#reset(frame.streamId, frame.status);
      case "ping":
        // Odd ids answer pings of ours, of which there are none.
        if (frame.id % 2 === 0) this.#send(frame);
        return;
      case "goAway":
      case "windowUpdate":
      case "settings":
        return;
    }
  }

  async #data(streamId: number, data: Buffer, fin: boolean): Promise<void> {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    if (data.length > 0) await stream.deliver(data);
    if (fin) stream.finish();
  }

  #accepted(streamId: number, fin: boolean): void {
    this.#openings.get(streamId)?.resolve();
    this.#openings.delete(streamId);
    if (fin) this.#streams.get(streamId)?.finish();
  }

  #reset(streamId: number, status: number): void {
    this.#openings.get(streamId)?.reject(new SpdyError(`cannot open a stream: the peer reset it with status ${status}`));
    this.#openings.delete(streamId);
    this.#streams.get(streamId)?.terminate();
    this.#streams.delete(streamId);
  }
}
