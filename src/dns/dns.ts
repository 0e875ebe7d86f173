/** Cluster DNS: listens on UDP and TCP and answers from the cluster's services; everything else goes to the host's resolvers. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { ComponentContext } from "../client/component.ts";
import { forward, type Upstream } from "./forwarder.ts";
import { frame, readFrames } from "./frames.ts";
import { type ResponderOptions, respond } from "./responder.ts";
import { informerView } from "./view.ts";

export interface DnsConfig {
  readonly address: string;
  readonly port: number;
  /** Such as cluster.local. */
  readonly domain: string;
  readonly upstreams: readonly Upstream[];
}

const ttlSeconds = 5;
const idleConnectionMs = 30_000;

/** Resolves when both listeners have closed. `onReady` is called once the first question can be answered. */
export async function runDns(context: ComponentContext, config: DnsConfig, onReady: () => void = () => {}): Promise<void> {
  const { informers, logger, signal } = context;
  const view = informerView(informers);
  await informers.start();
  const options: ResponderOptions = {
    domain: config.domain,
    view,
    ttlSeconds,
    forward: (query, transport) => forward(query, transport, config.upstreams, signal),
    onForwardFailure: (name, error) => logger.debug({ name, err: error }, "cannot forward a question"),
  };
  const udp = createSocket("udp4");
  const tcp = createServer();
  udp.on("message", (query, peer) => {
    respond(query, "udp", options).then(
      (reply) => reply !== undefined && !signal.aborted && udp.send(reply, peer.port, peer.address),
      (error: unknown) => logger.error({ err: error }, "cannot answer a question"),
    );
  });
  const connections = new Set<Socket>();
  tcp.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    serveConnection(socket, options).catch((error: unknown) => {
      // A peer that leaves or sends rubbish ends its own connection only.
      logger.debug({ err: error }, "DNS connection ended early");
      socket.destroy();
    });
  });
  await Promise.all([bindUdp(udp, config), listenTcp(tcp, config)]);
  onReady();
  await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })));
  for (const socket of connections) socket.destroy();
  await Promise.all([new Promise<void>((resolve) => udp.close(() => resolve())), new Promise<void>((resolve) => tcp.close(() => resolve()))]);
}

async function serveConnection(socket: Socket, options: ResponderOptions): Promise<void> {
  socket.setTimeout(idleConnectionMs, () => socket.destroy());
  for await (const query of readFrames(socket)) {
    const reply = await respond(query, "tcp", options);
    if (reply !== undefined) socket.write(frame(reply));
  }
}

function bindUdp(socket: UdpSocket, { address, port }: DnsConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, address, () => {
      socket.off("error", reject);
      socket.on("error", () => {}); // A peer's ICMP refusal concerns nobody else.
      resolve();
    });
  });
}

function listenTcp(server: Server, { address, port }: DnsConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
