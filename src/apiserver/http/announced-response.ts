/** The answer of a handler that writes it itself: headers of every answer are added, and its code is told. */
import type { ResponseWriter } from "../contract.ts";
import type { ResponseHeaders } from "./exchange.ts";

export class AnnouncedResponse implements ResponseWriter {
  readonly #inner: ResponseWriter;
  readonly #headers: () => ResponseHeaders;
  readonly #onStart: (code: number) => void;

  constructor(inner: ResponseWriter, headers: () => ResponseHeaders, onStart: (code: number) => void) {
    this.#inner = inner;
    this.#headers = headers;
    this.#onStart = onStart;
  }

  get started(): boolean {
    return this.#inner.started;
  }

  start(code: number, headers: ResponseHeaders): void {
    this.#onStart(code);
    // Nothing is kept by caches on the way unless its handler says so.
    this.#inner.start(code, { "cache-control": "no-cache, private", ...headers, ...this.#headers() });
  }

  write(chunk: Uint8Array | string): Promise<void> {
    return this.#inner.write(chunk);
  }

  end(chunk?: Uint8Array | string): Promise<void> {
    return this.#inner.end(chunk);
  }

  destroy(): void {
    this.#inner.destroy();
  }
}
