/**
 * Memory for the bytes of writes on their way to the store, one after the other in large pieces. They are let go of in
 * about the order in which they came, when the store has written them down; each in memory of its own, they would leave
 * holes between the bytes of objects, which stay.
 */

const slabBytes = 256 * 1024;

export class WriteSlab {
  #slab = Buffer.alloc(0);
  #used = 0;

  /** UTF-8 of the text. */
  write(text: string): Buffer {
    const length = Buffer.byteLength(text);
    const bytes = this.#take(length);
    // As many bytes as characters: all of it is ASCII, which needs no encoder.
    bytes.write(text, 0, length === text.length ? "latin1" : "utf8");
    return bytes;
  }

  #take(length: number): Buffer {
    if (length > slabBytes / 8) return Buffer.allocUnsafeSlow(length);
    if (length > this.#slab.length - this.#used) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#used = 0;
    }
    const bytes = this.#slab.subarray(this.#used, this.#used + length);
    this.#used += length;
    return bytes;
  }
}
