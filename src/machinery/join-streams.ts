/** Two byte streams made one: bytes go both ways untouched, with back pressure and half-close. */
import type { Clock } from "./clock.ts";

/** What this needs of a Node Duplex; sockets of every kind have it. */
export interface ByteStream {
  allowHalfOpen: boolean;
  readonly destroyed: boolean;
  readonly closed: boolean;
  readonly readableEnded: boolean;
  readonly writableFinished: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: Node's own signature, which takes any writable
  pipe(destination: any): unknown;
  end(): unknown;
  resume(): unknown;
  destroy(): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "close" | "end", listener: () => void): unknown;
}

/** How long a side that has been sent everything may take to close. */
const lingerMs = 10_000;

/**
 * Resolves when both have closed. A side that ends its direction ends the other's reading only. When a side has gone
 * altogether, the other is sent what was read before, and what it still says is dropped: closing at once would reset the
 * connection and cost its reader the last bytes.
 */
export async function joinStreams(a: ByteStream, b: ByteStream, clock: Clock, signal: AbortSignal): Promise<void> {
  const destroy = () => {
    a.destroy();
    b.destroy();
  };
  if (signal.aborted) destroy();
  signal.addEventListener("abort", destroy, { once: true });
  a.allowHalfOpen = true;
  b.allowHalfOpen = true;
  a.pipe(b);
  b.pipe(a);
  await Promise.all([closing(a, b, clock), closing(b, a, clock)]);
  signal.removeEventListener("abort", destroy);
}

/** Resolves when `stream` has closed; sees to it that `other` closes after it. */
function closing(stream: ByteStream, other: ByteStream, clock: Clock): Promise<void> {
  stream.on("error", () => stream.destroy());
  return new Promise((resolve) => {
    const closed = () => {
      if (!other.destroyed) bidFarewell(other, clock);
      resolve();
    };
    if (stream.closed) closed();
    else stream.once("close", closed);
  });
}

function bidFarewell(stream: ByteStream, clock: Clock): void {
  stream.end();
  stream.resume();
  const timer = clock.after(lingerMs, () => stream.destroy());
  stream.once("close", () => timer[Symbol.dispose]());
  if (stream.readableEnded && stream.writableFinished) stream.destroy();
}
