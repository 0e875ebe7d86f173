/**
 * A TCP connection whose reading survives its writing. When a command ends, the runtime sends its last output and result
 * and closes, often while more of the command's input is on the way to it. Writing that fails; a plain socket would be
 * destroyed at once, and what the runtime had sent before would be lost unread.
 */
import { type NetConnectOpts, Socket } from "node:net";

type Done = (error?: Error | null) => void;

class PatientSocket extends Socket {
  /** Writing has failed: the peer takes nothing any more. */
  #deaf = false;

  override _write(chunk: Buffer, encoding: BufferEncoding, done: Done): void {
    if (this.#deaf) done();
    else super._write(chunk, encoding, this.#patient(done));
  }

  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: Done): void {
    if (this.#deaf) done();
    else super._writev!(chunks, this.#patient(done));
  }

  #patient(done: Done): Done {
    return (error) => {
      if (error) this.#deaf = true;
      done();
    };
  }
}

/** For `createConnection` of node:http. */
export function connectPatiently(options: object): Socket {
  return new PatientSocket({ allowHalfOpen: true }).connect(options as NetConnectOpts);
}
