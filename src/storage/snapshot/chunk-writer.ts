/** Appends chunks to a file, a few writes a megabyte. */
import type { FileHandle } from "node:fs/promises";
import { type Chunk, firstDigest, frame, preamble } from "./format.ts";

const WRITE_BYTES = 1 << 20;

export class ChunkWriter {
  readonly #file: FileHandle;
  #digest = firstDigest();
  #pending: Uint8Array[] = [preamble()];
  #pendingBytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Of everything added so far, hexadecimal. */
  get hash(): string {
    return this.#digest.toString("hex");
  }

  async add(chunk: Chunk): Promise<void> {
    const { head, digest } = frame(this.#digest, chunk);
    this.#digest = digest;
    this.#pending.push(head, chunk.payload, digest);
    this.#pendingBytes += head.length + chunk.payload.length + digest.length;
    if (this.#pendingBytes >= WRITE_BYTES) await this.#flush();
  }

  /** Resolves when everything is on disk. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
  }

  async #flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    const bytes = Buffer.concat(pending);
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#file.write(bytes, written, bytes.length - written)).bytesWritten;
    }
  }
}
