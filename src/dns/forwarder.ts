/** Passes questions about the rest of the world to the host's resolvers, unparsed both ways. */
import { createSocket } from "node:dgram";
import { connect, isIP } from "node:net";
import { frame, readFrames } from "./frames.ts";

export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** The nameserver lines of a resolv.conf. */
export function upstreamsOf(resolvConf: string): Upstream[] {
  return resolvConf
    .split("\n")
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1]?.replace(/%.*/, ""))
    .filter((address): address is string => address !== undefined && isIP(address) !== 0)
    .map((address) => ({ address, port: 53 }));
}

const triesMs = 2_000;

/** Asks one resolver after the other; rejects when none answers. The transport of the question is kept: truncation is the asker's to handle. */
export async function forward(query: Buffer, transport: "udp" | "tcp", upstreams: readonly Upstream[], signal: AbortSignal): Promise<Buffer> {
  let last: unknown = new Error("no resolvers are configured");
  for (const upstream of upstreams) {
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(triesMs)]);
      return await (transport === "udp" ? overUdp(query, upstream, limited) : overTcp(query, upstream, limited));
    } catch (error) {
      signal.throwIfAborted();
      last = error;
    }
  }
  throw new Error("cannot forward a question: no resolver answered", { cause: last });
}

function overUdp(query: Buffer, upstream: Upstream, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIP(upstream.address) === 6 ? "udp6" : "udp4");
    const finish = (settle: () => void) => {
      signal.removeEventListener("abort", onAbort);
      socket.close();
      settle();
    };
    const onAbort = () => finish(() => reject(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", (error) => finish(() => reject(error)));
    socket.on("message", (message) => {
      // Another id is not the answer to this question.
      if (message.length >= 12 && message.readUInt16BE(0) === query.readUInt16BE(0)) finish(() => resolve(message));
    });
    // A connected socket takes answers from that resolver only, and learns of refusals at once.
    socket.connect(upstream.port, upstream.address, () => socket.send(query));
  });
}

async function overTcp(query: Buffer, upstream: Upstream, signal: AbortSignal): Promise<Buffer> {
  const socket = connect({ host: upstream.address, port: upstream.port, signal });
  try {
    socket.write(frame(query));
    for await (const message of readFrames(socket)) return message;
    throw new Error(`${upstream.address} closed the connection without an answer`);
  } finally {
    socket.destroy();
  }
}
