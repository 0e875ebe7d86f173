/** Where the last lines of a file begin, found from its end so that a long file is not read whole. */
import type { FileHandle } from "node:fs/promises";

const blockSize = 64 * 1024;
const newline = 0x0a;

/** Byte offset of the line that is `lines`th from the end. A last line without a newline counts as one. */
export async function tailOffset(file: Pick<FileHandle, "read">, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  const block = Buffer.allocUnsafe(Math.min(blockSize, Math.max(1, size)));
  let left = lines;
  // The newline that ends the file ends its last line; it does not begin another one.
  let end = size - 1;
  while (end > 0) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let index = block.lastIndexOf(newline, bytesRead - 1); index >= 0; ) {
      left--;
      if (left === 0) return start + index + 1;
      index = index === 0 ? -1 : block.lastIndexOf(newline, index - 1);
    }
    end = start;
  }
  return 0;
}
