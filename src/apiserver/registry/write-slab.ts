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
    if (length > slabBytes / 8) return Buffer.from(text);
    if (length > this.#slab.length - this.#used) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#used = 0;
    }
    const bytes = this.#slab.subarray(this.#used, this.#used + length);
    // As many bytes as characters: all of it is ASCII, which needs no encoder.
    if (length === text.length) bytes.write(text, "latin1");
    else bytes.write(text);
    this.#used += length;
    return bytes;
  }
}
