/** The client side of the API benchmarks: many requests at a time over kept connections. */
import { createHash, type Hash } from "node:crypto";
import { Agent, request } from "node:https";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}

/** A server as one client with `workers` connections loads it. */
export class Load {
  readonly port: number;
  readonly ca: string;
  readonly workers: number;
  /** Of the answers, so that nothing is optimised away. */
  readonly hash: Hash = createHash("sha256");
  readonly #agent: Agent;

  constructor(port: number, ca: string, workers: number) {
    this.port = port;
    this.ca = ca;
    this.workers = workers;
    this.#agent = new Agent({ keepAlive: true, maxSockets: workers, ca });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Requests a second. Any failure ends the run. */
  async rate(times: number, callFor: (index: number) => Call): Promise<number> {
    let next = 0;
    const started = performance.now();
    const work = async () => {
      while (next < times) {
        const index = next++;
        const length = await this.send(callFor(index));
        if (index % 97 === 0) this.hash.update(String(length > 0));
      }
    };
    await Promise.all(Array.from({ length: this.workers }, work));
    return (times * 1000) / (performance.now() - started);
  }

  /** The length of the answer. */
  send({ method, path, body, type = "application/json" }: Call): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) };
      const outgoing = request({ agent: this.#agent, host: "127.0.0.1", port: this.port, method, path, headers }, (answer) => {
        let length = 0;
        answer.on("data", (chunk: Buffer) => {
          length += chunk.length;
        });
        answer.on("end", () => {
          if ((answer.statusCode ?? 0) < 300) resolve(length);
          else reject(new Error(`cannot ${method} ${path}: the server answered ${answer.statusCode}`));
        });
        answer.on("error", reject);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  /**
   * Large answers a second, `workers` at a time: read by TLS sockets without an HTTP client on top, which would be most
   * of what is measured.
   */
  async bulkRate(times: number, path: string): Promise<number> {
    let left = times;
    const started = performance.now();
    const work = async () => {
      using reader = await BulkReader.open(this.port, this.ca);
      while (left-- > 0) this.hash.update(String((await reader.get(path)) > 0));
    };
    await Promise.all(Array.from({ length: this.workers }, work));
    return (times * 1000) / (performance.now() - started);
  }
}

/** One connection that asks for large answers of a known length and counts their bytes. */
class BulkReader implements Disposable {
  readonly #socket: TLSSocket;
  #head = "";
  #left = -1;
  #length = 0;
  #settle: { resolve: (length: number) => void; reject: (error: Error) => void } | undefined;

  private constructor(port: number, ca: string, opened: () => void) {
    const callback = (chunk: Buffer) => this.#received(chunk);
    this.#socket = connectReading(port, ca, callback);
    this.#socket.once("secureConnect", opened);
    this.#socket.on("error", (error) => this.#settle?.reject(error));
  }

  static open(port: number, ca: string): Promise<BulkReader> {
    return new Promise((resolve) => {
      const reader: BulkReader = new BulkReader(port, ca, () => resolve(reader));
    });
  }

  get(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    let body = chunk.length;
    if (this.#left < 0) {
      this.#head += chunk.toString("latin1");
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return;
      body = this.#head.length - end - 4;
      this.#length = Number(/^content-length: (\d+)/im.exec(this.#head)?.[1]);
      if (!this.#head.startsWith("HTTP/1.1 200") || !(this.#length > 0)) this.#settle?.reject(new Error(`unexpected answer: ${this.#head.slice(0, 200)}`));
      this.#head = "";
      this.#left = this.#length;
    }
    this.#left -= body;
    if (this.#left === 0) {
      this.#left = -1;
      this.#settle?.resolve(this.#length);
    }
  }
}

/** A TLS socket that reads into one buffer over and over; the callback must be done with it when it returns. */
export function connectReading(port: number, ca: string, callback: (chunk: Buffer) => void, ALPNProtocols = ["http/1.1"]): TLSSocket {
  const onread = {
    buffer: Buffer.alloc(64 * 1024),
    callback: (bytes: number, { buffer, byteOffset }: Uint8Array<ArrayBuffer>) => {
      callback(Buffer.from(buffer, byteOffset, bytes));
      return true;
    },
  };
  // Node's types have it for plain sockets alone.
  return connect({ port, host: "127.0.0.1", ca, ALPNProtocols, onread } as ConnectionOptions);
}
