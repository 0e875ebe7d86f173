/**
 * What a test pod runs to be asked and to ask others, as the conformance tests' agnhost does. It uses nothing but Node,
 * so that a pod can run it from the host's files. HTTP on PORT, UDP on PORT + 1; every answer is text or JSON.
 *
 *   /hostname, /clientip            who answers; whom it sees
 *   /echo                           method, path and body of the request
 *   /dial?protocol&host&port&count  asks another agent `count` times, each time on a new socket; may name localAddress or, for udp, localPort
 *   /send?protocol&host&port&bytes  sends base64 bytes and gives the answer in base64
 *   /api?path                       asks the API server as a client in a pod would: environment, mounted token and CA
 *   /file?path, /env                what the pod sees
 */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";
import { hostname } from "node:os";
import { text } from "node:stream/consumers";

const port = Number(process.env["PORT"] ?? 8080);
const patienceMs = 2_000;
const accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
const clientOf = (address: string | undefined) => (address ?? "").replace(/^::ffff:/, "");

type Answer = (query: URLSearchParams, request: IncomingMessage) => Promise<string> | string;

const answers: Record<string, Answer> = {
  "/hostname": () => hostname(),
  "/clientip": (_query, request) => clientOf(request.socket.remoteAddress),
  "/dial": dial,
  "/send": async (query) => (await exchange(query, Buffer.from(query.get("bytes") ?? "", "base64"))).toString("base64"),
  "/api": askApiServer,
  "/file": (query) => readFileSync(query.get("path") ?? "", "utf8"),
  "/env": () => JSON.stringify(process.env),
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://agent");
  const answer = answers[pathname];
  if (pathname === "/page") {
    response.setHeader("content-type", "text/html").end('<a href="/elsewhere">elsewhere</a>');
  } else if (answer !== undefined) {
    Promise.resolve()
      .then(() => answer(searchParams, request))
      .then(
        (body) => response.end(body),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  } else {
    void text(request).then((body) => response.end(JSON.stringify({ method: request.method, url: request.url, body })));
  }
});
server.listen(port);

const udp = createSocket("udp4");
udp.on("message", (message, peer) => udp.send(message.toString() === "clientip" ? peer.address : hostname(), peer.port, peer.address));
udp.bind(port + 1);
process.on("SIGTERM", () => process.exit(0));

/** The distinct answers in the order they came; an error counts as one, as `error: CODE`. */
async function dial(query: URLSearchParams): Promise<string> {
  const request = query.get("request") ?? "hostname";
  const seen: string[] = [];
  for (let i = 0; i < Number(query.get("count") ?? 1); i++) {
    try {
      seen.push(query.get("protocol") === "udp" ? (await exchange(query, Buffer.from(request))).toString() : await get(query, request));
    } catch (error) {
      seen.push(`error: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  }
  return JSON.stringify(seen);
}

function get(query: URLSearchParams, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const localAddress = query.get("localAddress");
    const from = localAddress === null ? {} : { localAddress };
    const options = { host: query.get("host") ?? "", port: query.get("port") ?? "", path: `/${path}`, agent: false, timeout: patienceMs, ...from };
    const asked = plainRequest(options, (response) => void text(response).then(resolve, reject));
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", reject).end();
  });
}

/** One message there, one back. */
function exchange(query: URLSearchParams, message: Buffer): Promise<Buffer> {
  const [host, number] = [query.get("host") ?? "", Number(query.get("port"))];
  return new Promise((resolve, reject) => {
    const settle = (end: () => void, done: () => void) => {
      clearTimeout(timer);
      end();
      done();
    };
    const timer = setTimeout(() => finish(new Error("timeout")), patienceMs);
    let finish: (result: Error | Buffer) => void;
    const finisher = (end: () => void) => (result: Error | Buffer) => settle(end, () => (result instanceof Error ? reject(result) : resolve(result)));
    if (query.get("protocol") === "udp") {
      const socket = createSocket("udp4");
      finish = finisher(() => socket.close());
      socket.on("error", (error) => finish(error)).on("message", (reply) => finish(reply));
      socket.bind(Number(query.get("localPort") ?? 0), () => socket.connect(number, host, () => socket.send(message)));
    } else {
      const socket = connect(number, host, () => socket.write(message));
      finish = finisher(() => socket.destroy());
      socket.on("error", (error) => finish(error)).on("data", (reply: Buffer) => finish(reply));
    }
  });
}

function askApiServer(query: URLSearchParams): Promise<string> {
  const file = (name: string) => readFileSync(`${accountFolder}/${name}`);
  return new Promise((resolve, reject) => {
    const options = {
      host: query.get("host") ?? process.env["KUBERNETES_SERVICE_HOST"],
      port: process.env["KUBERNETES_SERVICE_PORT"],
      path: query.get("path"),
      ca: file("ca.crt"),
      headers: { authorization: `Bearer ${file("token").toString()}` },
    };
    secureRequest(options, (response) => void text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject))
      .on("error", reject)
      .end();
  });
}
