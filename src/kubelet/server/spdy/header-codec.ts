/** Header blocks of SPDY/3: name/value pairs in one zlib stream per direction and connection, flushed after each block. */
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { headerDictionary } from "./header-dictionary.ts";

/** Names in lower case. Several values of one name are one string, separated by NUL. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** Both directions of one connection. Blocks must be coded in the order in which they go over the wire. */
export class HeaderCodec {
  readonly #deflate: Deflate = createDeflate({ dictionary: headerDictionary });
  readonly #inflate: Inflate = createInflate({ dictionary: headerDictionary });
  #encoding: Promise<unknown> = Promise.resolve();
  #decoding: Promise<unknown> = Promise.resolve();

  encode(headers: SpdyHeaders): Promise<Buffer> {
    const block = this.#encoding.then(() => passThrough(this.#deflate, headerBlock(headers)));
    this.#encoding = block.catch(() => undefined);
    return block;
  }

  decode(block: Buffer): Promise<SpdyHeaders> {
    const headers = this.#decoding.then(async () => parseHeaderBlock(await passThrough(this.#inflate, block)));
    this.#decoding = headers.catch(() => undefined);
    return headers;
  }

  close(): void {
    this.#deflate.close();
    this.#inflate.close();
  }
}

/** What the zlib stream makes of this input, up to a flush. */
function passThrough(stream: Deflate | Inflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = [];
    const collect = (chunk: Buffer) => output.push(chunk);
    const settle = (error?: Error | null) => {
      stream.off("data", collect);
      stream.off("error", settle);
      stream.off("close", closed);
      if (error) reject(error);
      else resolve(Buffer.concat(output));
    };
    const closed = () => settle(new Error("cannot code SPDY headers: the connection has ended"));
    stream.on("data", collect);
    stream.on("error", settle);
    stream.on("close", closed);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => settle());
  });
}

function headerBlock(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers);
  const pieces = [uint32(entries.length)];
  for (const [name, value] of entries) pieces.push(...lengthPrefixed(name), ...lengthPrefixed(value));
  return Buffer.concat(pieces);
}

function lengthPrefixed(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  return [uint32(bytes.length), bytes];
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Throws a RangeError when lengths do not fit the block. */
function parseHeaderBlock(block: Buffer): SpdyHeaders {
  const headers: Record<string, string> = {};
  let offset = 4;
  const next = () => {
    const length = block.readUInt32BE(offset);
    const end = offset + 4 + length;
    if (end > block.length) throw new RangeError("cannot read SPDY headers: a length points beyond their block");
    const text = block.toString("utf8", offset + 4, end);
    offset = end;
    return text;
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) {
    const name = next();
    headers[name] = next();
  }
  return headers;
}
