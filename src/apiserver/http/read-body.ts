/** Collects a request's body. */
import type { Readable } from "node:stream";
import { requestEntityTooLarge } from "../../machinery/status.ts";
import { BodyAbortedError } from "./exchange.ts";

/**
 * HTTP/2 streams emit 'end' even when the peer left in the middle, so the length that was announced is compared.
 * `source` emits 'aborted' for such peers in both protocol versions.
 */
export function readBody(source: Readable, announced: number | undefined, limit: number): Promise<Buffer> {
  if (announced !== undefined && announced > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (settle: () => void) => {
      source.off("data", onData);
      source.off("end", onEnd);
      source.off("aborted", onAborted);
      source.off("error", onAborted);
      source.off("close", onAborted);
      settle();
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > limit) finish(() => reject(tooLarge(limit)));
    };
    const onEnd = () => {
      if (announced !== undefined && length !== announced) onAborted();
      else finish(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)));
    };
    const onAborted = () => finish(() => reject(new BodyAbortedError("the peer left before its request was complete")));
    source.on("data", onData);
    source.on("end", onEnd);
    source.on("aborted", onAborted);
    source.on("error", onAborted);
    source.on("close", onAborted);
  });
}

function tooLarge(limit: number): Error {
  return requestEntityTooLarge(`Request entity too large: limit is ${limit}`);
}

export function contentLength(headers: Readonly<Record<string, string | readonly string[] | undefined>>): number | undefined {
  const text = headers["content-length"];
  return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
