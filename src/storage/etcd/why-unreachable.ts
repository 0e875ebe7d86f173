/** Why no connection to a member comes about. gRPC keeps that to itself: it only says that its time was up. */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { EtcdClusterOptions, EtcdTls } from "./cluster.ts";

const limitMs = 1_000;
/** With TLS 1.3 a client hears only after its own handshake that its certificate was not liked. */
const afterHandshakeMs = 200;

/** `at ENDPOINT: REASON` of each member that cannot be reached, joined; empty when all can. */
export async function whyUnreachable({ endpoints, tls }: Pick<EtcdClusterOptions, "endpoints" | "tls">): Promise<string> {
  const reasons = await Promise.all(endpoints.map(async (endpoint) => ({ endpoint, reason: await reasonOf(endpoint, tls) })));
  return reasons.flatMap(({ endpoint, reason }) => (reason === undefined ? [] : [`at ${endpoint}: ${reason}`])).join("; ");
}

function reasonOf(endpoint: string, tls: EtcdTls | undefined): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(endpoint);
  const host = hostname.replace(/^\[|\]$/g, "");
  const at = { host, port: Number(port === "" ? (protocol === "https:" ? 443 : 80) : port) };
  if (protocol !== "https:") return reasonOfSocket(connectPlain(at), "connect", 0);
  const { ca, certificate: cert, key } = tls ?? {};
  const credentials = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  try {
    const socket = connectTls({ ...at, ...credentials, ALPNProtocols: ["h2"], ...(isIP(host) === 0 ? { servername: host } : {}) });
    return reasonOfSocket(socket, "secureConnect", afterHandshakeMs);
  } catch (error) {
    return Promise.resolve((error as Error).message); // Credentials that cannot be read.
  }
}

function reasonOfSocket(socket: Socket, connected: "connect" | "secureConnect", waitMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(limitMs, () => settle(`no answer within ${limitMs} ms`));
    socket.on("error", (error: NodeJS.ErrnoException) => settle(inWords(error)));
    // Without an error: it hung up before we had anything to say. What has settled before stays.
    socket.once("close", () => settle("it closes the connection"));
    socket.once(connected, () => socket.setTimeout(waitMs, () => settle(undefined)));
    if (waitMs === 0) socket.once(connected, () => settle(undefined));
  });
}

function inWords({ code, message }: NodeJS.ErrnoException): string {
  if (
    code === "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" ||
    code === "ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE" ||
    code === "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE"
  ) {
    return `it does not accept this client's certificate, or wants one (${code})`;
  }
  return message;
}
