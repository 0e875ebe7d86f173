/** Splits a byte stream at newlines. A last line without one is dropped: it was cut short. */
export async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  try {
    for await (const chunk of chunks) {
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        rest.push(chunk.subarray(start, end));
        yield rest.length === 1 ? rest[0]! : Buffer.concat(rest);
        rest = [];
        start = end + 1;
      }
      if (start < chunk.length) rest.push(chunk.subarray(start));
    }
  } catch (error) {
    if (!isBrokenStream(error)) throw error;
  }
}

const newline = 0x0a;

/** The stream broke or was closed under the reader: the end of what can be read, nothing more. */
function isBrokenStream(error: unknown): boolean {
  const code = (error as { code?: string } | undefined)?.code ?? "";
  return code.startsWith("ERR_HTTP2") || code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET" || (error as Error).name === "AbortError";
}
