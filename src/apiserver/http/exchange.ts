/** One HTTP request and its answer, the same for both protocol versions. */
import type { IncomingMessage } from "node:http";
import type { ResponseWriter, UpgradeSocket } from "../contract.ts";

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;
export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface Exchange {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** Those of this lower-case name one by one; `headers` has repeated ones joined with ", ". Absent: as `headers` has them. */
  headerLines?(name: string): readonly string[];
  readonly remoteAddress: string;
  readonly protocol: "HTTP/1.1" | "HTTP/2.0";
  /** DER of the certificate that the peer proved to hold and that the client CA vouches for. */
  readonly clientCertificate: Uint8Array | undefined;
  /** Present for `Connection: Upgrade`. */
  readonly upgrade: UpgradeSocket | undefined;
  readonly message: IncomingMessage | undefined;
  readonly response: ResponseWriter;
  /** Bytes of the answer's body so far. */
  readonly bytesSent: number;
  /** The answer in one piece. */
  send(code: number, headers: ResponseHeaders, body: Uint8Array): void;
  body(): AsyncIterable<Uint8Array>;
  /** Reads it whole. Throws 413 above the limit and BodyAbortedError when the peer left in the middle. */
  readBody(limit: number): Promise<Buffer>;
  /** Called once, when the answer has been sent or the peer has gone. */
  onClose(callback: () => void): void;
}

/** The peer left before its request was complete; there is nobody to answer. */
export class BodyAbortedError extends Error {
  override readonly name = "BodyAbortedError";
}

/** The peer has gone; what was to be written went nowhere. */
export class PeerGoneError extends Error {
  override readonly name = "PeerGoneError";
}
