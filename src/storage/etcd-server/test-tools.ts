/** For tests of this folder: a server of its own, a client without manners, and the real etcdctl. */
import { execFile } from "node:child_process";
import { Client, type ClientDuplexStream, credentials, type MethodDefinition, type ServiceError } from "@grpc/grpc-js";
import type { EtcdInstallation } from "../etcd/etcd-installations.ts";
import { silentLogger, systemClock } from "../etcd/test-tools.ts";
import { createMemoryStore } from "../memory/memory-store.ts";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import { type EtcdService, etcdService, healthDefinition } from "./api.ts";
import { type EtcdServer, type EtcdServerOptions, startEtcdServer } from "./server.ts";

export interface Served {
  readonly store: MvccStore;
  readonly server: EtcdServer;
  dispose(): Promise<void>;
}

export async function serveMemory(options: Partial<EtcdServerOptions> = {}): Promise<Served> {
  const store = options.store ?? createMemoryStore({ clock: options.clock ?? systemClock });
  const server = await startEtcdServer({ clock: systemClock, logger: silentLogger, listen: "127.0.0.1:0", ...options, store });
  const dispose = async () => {
    await server.stop();
    await store.close();
  };
  return { store, server, dispose };
}

/** A message as it came: fields by name. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
export type Message = any;

/** Sends what no well-behaved client would, and sees what it would hide. */
export class RawClient {
  readonly #client: Client;

  constructor(endpoint: string) {
    this.#client = new Client(new URL(endpoint).host, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 });
  }

  call(service: EtcdService | "Health", name: string, request: object = {}): Promise<Message> {
    const method = methodOf(service, name);
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response: unknown) => (error === null ? resolve(response) : reject(error));
      this.#client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, request, done);
    });
  }

  /** The answer, or code and sentence of the refusal: never throws for what etcd says. */
  async outcome(service: EtcdService, name: string, request: object): Promise<Message> {
    try {
      return await this.call(service, name, request);
    } catch (error) {
      const { code, details } = error as ServiceError;
      return { code, details };
    }
  }

  stream(service: EtcdService, name: string): RawStream {
    const method = methodOf(service, name);
    return new RawStream(this.#client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize));
  }

  /** A snapshot; how many bytes it has. */
  async download(): Promise<number> {
    const { path, requestSerialize, responseDeserialize } = methodOf("Maintenance", "Snapshot");
    let bytes = 0;
    for await (const { blob } of this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {})) bytes += blob.length;
    return bytes;
  }

  close(): void {
    this.#client.close();
  }
}

/** Answers in the order in which they came. */
export class RawStream {
  readonly #stream: ClientDuplexStream<object, Message>;
  readonly #answers: AsyncIterator<Message>;

  constructor(stream: ClientDuplexStream<object, Message>) {
    this.#stream = stream;
    this.#answers = stream[Symbol.asyncIterator]();
  }

  send(request: object): void {
    this.#stream.write(request);
  }

  async next(): Promise<Message> {
    return (await this.#answers.next()).value;
  }

  end(): void {
    this.#stream.end();
  }

  cancel(): void {
    this.#stream.on("error", () => undefined);
    this.#stream.cancel();
  }
}

function methodOf(service: EtcdService | "Health", name: string): MethodDefinition<object, Message> {
  const definition = service === "Health" ? healthDefinition : etcdService(service);
  return definition[name] as MethodDefinition<object, Message>;
}

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EtcdctlOptions {
  /** Goes to its standard input. */
  readonly input?: string;
  /** Ends it by SIGTERM, which is no error. */
  readonly signal?: AbortSignal;
  /** Ends it in the same way once its output has this. */
  readonly until?: RegExp;
}

export function etcdctl({ etcdctl: program }: EtcdInstallation, endpoint: string, args: readonly string[], options: EtcdctlOptions = {}): Promise<Run> {
  return new Promise((resolve) => {
    const env = { ...process.env, ETCDCTL_API: "3" };
    const child = execFile(program, ["--endpoints", endpoint, ...args], { env, timeout: 20_000 }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end(options.input ?? "");
    options.signal?.addEventListener("abort", () => child.kill(), { once: true });
    let seen = "";
    child.stdout?.on("data", (part: string) => {
      seen += part;
      if (options.until?.test(seen)) child.kill();
    });
  });
}
