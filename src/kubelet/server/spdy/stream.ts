/** One stream of a SPDY connection, as a Node stream: ending the writable half is SPDY's half-close. */
import { Duplex } from "node:stream";

/** The connection as a stream sees it. */
export interface StreamWriter {
  /** Calls back when the bytes have been handed to the network. */
  sendData(streamId: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void;
  /** Tells the peer that this side takes no more of the stream. */
  cancel(streamId: number): void;
}

export class SpdyStream extends Duplex {
  readonly id: number;
  readonly #writer: StreamWriter;
  /** The peer has reset the stream, or the connection has gone: nothing more can be sent or will come. */
  #over = false;
  #wanted: (() => void) | undefined;

  constructor(id: number, writer: StreamWriter) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.#writer = writer;
  }

  /** Bytes from the peer. Resolves when the reader wants more: until then the connection reads nothing else. */
  async deliver(data: Buffer): Promise<void> {
    if (this.destroyed || this.readableEnded || this.#over || this.push(data)) return;
    await new Promise<void>((resolve) => {
      this.#wanted = resolve;
    });
  }

  /** The peer has half-closed the stream. */
  finish(): void {
    if (!this.#over && !this.destroyed) this.push(null);
  }

  /** The peer has ended the stream in both directions. What it sent before stays readable: servers reset streams whose data they have sent. */
  terminate(): void {
    if (this.#over) return;
    this.finish();
    this.#over = true;
  }

  override _read(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    // What the peer does not want is dropped, as a closed pipe's reader would have it.
    if (this.#over) done();
    else this.#writer.sendData(this.id, chunk, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#over) done();
    else this.#writer.sendData(this.id, Buffer.alloc(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wanted?.();
    this.#wanted = undefined;
    // Only a reader that gives up early is worth telling: a server that has said everything may be closing already.
    if (!this.#over && !this.readableEnded) this.#writer.cancel(this.id);
    this.#over = true;
    done(error);
  }
}
