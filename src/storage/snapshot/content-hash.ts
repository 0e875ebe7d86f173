/** What a cluster's store holds, as one number: SHA-256 over keys and values in the order of keys. Revisions do not count. */
import { createHash } from "node:crypto";
import type { KeyValue } from "../store.ts";

export interface Content {
  readonly keys: number;
  readonly valueBytes: number;
  /** Hexadecimal. */
  readonly content: string;
}

export class ContentHash {
  readonly #hash = createHash("sha256");
  readonly #lengths = Buffer.alloc(8);
  #keys = 0;
  #valueBytes = 0;

  get keys(): number {
    return this.#keys;
  }

  /** Lengths are hashed too: no bytes can move from a key to its value. */
  add({ key, value }: Pick<KeyValue, "key" | "value">): void {
    this.#lengths.writeUInt32BE(Buffer.byteLength(key), 0);
    this.#lengths.writeUInt32BE(value.length, 4);
    this.#hash.update(this.#lengths).update(key).update(value);
    this.#keys++;
    this.#valueBytes += value.length;
  }

  /** To be called once, at the end. */
  result(): Content {
    return { keys: this.#keys, valueBytes: this.#valueBytes, content: this.#hash.digest("hex") };
  }
}
