/** Many watchers of one collection, and how long after a change each of them has seen it. */
import { Http2Reader } from "./http2-reader.ts";
import { connectReading } from "./load.ts";

export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

/** As many changes as are measured go before them, as creates do: both programs are compiled while they run. */
export interface WarmLatencies extends Latencies {
  /** Of those before. */
  readonly cold: Latencies;
}

export interface WatchBench {
  readonly port: number;
  readonly ca: string;
  readonly path: string;
  readonly watchers: number;
  readonly changes: number;
  /** Makes one change that every watcher sees as one line; no two are the same. */
  change(index: number): Promise<unknown>;
}

type Open = (bench: WatchBench, onLines: (count: number) => void) => Promise<() => void>;

/** Milliseconds from a change being sent to each watcher having it, on a connection for each or on streams of one. */
export async function watchLatencies(bench: WatchBench, protocol: "http1" | "http2"): Promise<WarmLatencies> {
  const seen: number[] = [];
  let sent = 0;
  let wanted = 0;
  let complete: (() => void) | undefined;
  const onLines = (count: number) => {
    const took = performance.now() - sent;
    for (let index = 0; index < count; index++) seen.push(took);
    if (seen.length >= wanted) complete?.();
  };
  const open = protocol === "http1" ? openHttp1 : openHttp2;
  const change = async (index: number) => {
    wanted = seen.length + bench.watchers;
    const all = new Promise<void>((resolve) => {
      complete = resolve;
    });
    sent = performance.now();
    await Promise.all([bench.change(index), all]);
  };
  const changes = async (from: number): Promise<Latencies> => {
    seen.length = 0;
    for (let index = from; index < from + bench.changes; index++) await change(index);
    seen.sort((a, b) => a - b);
    return { p50: seen[Math.floor(seen.length * 0.5)] ?? Number.NaN, p99: seen[Math.floor(seen.length * 0.99)] ?? Number.NaN };
  };
  const closes = await open(bench, onLines);
  const cold = await changes(0);
  const warm = await changes(bench.changes);
  closes();
  return { ...warm, cold };
}

/** TLS sockets with nothing on top: a hundred HTTP clients would cost as much as the server that feeds them. */
const openHttp1: Open = async ({ port, ca, path, watchers }, onLines) => {
  const sockets = await Promise.all(
    Array.from({ length: watchers }, async () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let begun = false;
      const socket = connectReading(port, ca, (chunk) => {
        if (begun) onLines(linesIn(chunk));
        else if (chunk.subarray(0, 12).toString() !== "HTTP/1.1 200") reject(new Error(`cannot watch: ${chunk.toString()}`));
        begun = true;
        resolve();
      });
      socket.on("error", reject);
      socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
      await promise;
      return socket;
    }),
  );
  return () => {
    for (const socket of sockets) socket.destroy();
  };
};

/** HPACK's index of `:status: 200`. */
const status200 = 0x88;

/** As client-go does: every watch is a stream of the one connection. */
const openHttp2: Open = async ({ port, ca, path, watchers }, onLines) => {
  const reader = await Http2Reader.open(port, ca);
  const watch = () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    reader.get(path, {
      opened: (head) => (head[0] === status200 ? resolve() : reject(new Error("cannot watch: the answer is not 200"))),
      data: (bytes) => onLines(linesIn(bytes)),
    });
    return promise;
  };
  await Promise.all(Array.from({ length: watchers }, watch));
  return () => reader[Symbol.dispose]();
};

/** Line feeds, but not those that end the pieces of HTTP/1.1's chunked encoding. */
function linesIn(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) if (chunk[at - 1] !== 13) count++;
  return count;
}
