/** A control plane in this process on a TLS port, and clients that send it what client-go and kubectl send, byte for byte. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import type { AnyResourceDefinition } from "../../src/api/resource.ts";
import { kubeletStreams } from "../../src/apiserver/subresources/streams/kubelet-streams.ts";
import { CertificateAuthority } from "../../src/cluster/certificates.ts";
import { decodeEnvelope, decodeProtobuf, encodeProtobuf } from "../../src/machinery/protobuf.ts";
import type { MessageSchema } from "../../src/machinery/schema.ts";
import { createCluster, type InProcessCluster } from "../../src/testing/create-cluster.ts";
import { type Answer, exchange } from "../../src/testing/http2-exchange.ts";

export const protobuf = "application/vnd.kubernetes.protobuf";
/** What clients generated from Kubernetes' types accept. */
export const typedAccept = `${protobuf},application/json`;
/** What `kubectl get` accepts. */
export const tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
/** What discovery of client-go accepts. */
export const discoveryAccept =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

// biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every kind
export type Json = any;

export interface Sent {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Stream {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  /** The next event's line or frame; rejects after five seconds without one. */
  next(): Promise<Buffer>;
  close(): void;
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ApiScene {
  readonly cluster: InProcessCluster;
  readonly kubeconfig: string;
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** Sends, and throws unless the answer has one of these codes. */
  expect(codes: number | readonly number[], method: string, path: string, sent?: Sent): Promise<Answer>;
  /** An answer that goes on: JSON lines, or protobuf frames without their length. */
  open(path: string, accept?: string): Promise<Stream>;
  kubectl(args: readonly string[], input?: string): Promise<Output>;
  close(): Promise<void>;
}

export async function startApiScene(nodes: number): Promise<ApiScene> {
  const kubeletCa = await CertificateAuthority.create("kubelets", Date.now());
  const kubeletClient = await kubeletCa.issue({ commonName: "kube-apiserver-kubelet-client", usage: "client" }, Date.now());
  const streams = kubeletStreams({ ...kubeletClient, kubeletCa: kubeletCa.pem.certificate });
  const cluster = await createCluster({ nodes, handlers: [streams] });
  await cluster.ready();
  const { server, kubeconfig } = await cluster.listen();
  const folder = mkdtempSync(join(tmpdir(), "coracle-api-"));
  writeFileSync(join(folder, "kubeconfig"), kubeconfig, { mode: 0o600 });
  const session = connect(server, credentials(kubeconfig));
  session.on("error", () => undefined);
  const send: ApiScene["send"] = (method, path, sent = {}) => request(session, method, path, sent);
  return {
    cluster,
    kubeconfig,
    send,
    expect: async (codes, method, path, sent) => {
      const answer = await send(method, path, sent);
      if ([codes].flat().includes(answer.code)) return answer;
      throw new Error(`${method} ${path} answered ${answer.code}, not ${codes}: ${answer.text.slice(0, 2000)}`);
    },
    open: (path, accept = "application/json") => openStream(session, path, accept),
    kubectl: (args, input) => runKubectl(folder, args, input),
    close: async () => {
      session.destroy();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function credentials(kubeconfig: string): { ca: Buffer; cert: Buffer; key: Buffer } {
  const { clusters, users } = load(kubeconfig) as { clusters: [{ cluster: Record<string, string> }]; users: [{ user: Record<string, string> }] };
  const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64");
  const { user } = users[0];
  return {
    ca: decoded(clusters[0].cluster["certificate-authority-data"]),
    cert: decoded(user["client-certificate-data"]),
    key: decoded(user["client-key-data"]),
  };
}

function request(session: ClientHttp2Session, method: string, path: string, { body, type, accept, headers = {} }: Sent): Promise<Answer> {
  return exchange(session, method, path, body, {
    "user-agent": "api.test/v1.36.0",
    ...(type === undefined ? {} : { "content-type": type }),
    ...(accept === undefined ? {} : { accept }),
    ...headers,
  });
}

function openStream(session: ClientHttp2Session, path: string, accept: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "GET", ":path": path, accept, "user-agent": "api.test/v1.36.0" }, { endStream: true });
    stream.on("error", reject);
    stream.once("response", (headers) => {
      const framed = String(headers["content-type"]).startsWith(protobuf);
      resolve({ code: headers[":status"] ?? 0, headers, ...eventsOf(stream, framed) });
    });
  });
}

function eventsOf(stream: ClientHttp2Stream, framed: boolean): Pick<Stream, "next" | "close"> {
  const events: Buffer[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let wake = () => {};
  stream.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let event = cut(); event !== undefined; event = cut()) events.push(event);
    wake();
  });
  const cut = (): Buffer | undefined => {
    const start = framed ? 4 : 0;
    const end = framed ? (pending.length < 4 ? -1 : 4 + pending.readUInt32BE(0)) : pending.indexOf(0x0a);
    if (end < 0 || end > pending.length) return undefined;
    const event = pending.subarray(start, end);
    pending = pending.subarray(framed ? end : end + 1);
    return event;
  };
  const next = async () => {
    const deadline = Date.now() + 5_000;
    while (events.length === 0) {
      if (Date.now() > deadline || stream.destroyed) throw new Error("the watch told nothing more");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return events.shift()!;
  };
  return { next, close: () => stream.close() };
}

function runKubectl(folder: string, args: readonly string[], input = ""): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn("kubectl", args, { env: { PATH: process.env["PATH"], KUBECONFIG: join(folder, "kubeconfig"), HOME: folder } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** The object of a protobuf answer. */
export function fromProtobuf(schema: MessageSchema, bytes: Uint8Array): Json {
  return decodeProtobuf(schema, decodeEnvelope(bytes));
}

export function toProtobuf(schema: MessageSchema, object: object): Buffer {
  return Buffer.from(encodeProtobuf(schema, object));
}

export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Path of a kind's collection, in this namespace where kinds have one. */
export function collectionPath({ group, version, resource, namespaced }: AnyResourceDefinition, namespace = "default"): string {
  return `/api${group === "" ? "" : "s"}/${apiVersionOf({ group, version })}${namespaced ? `/namespaces/${namespace}` : ""}/${resource}`;
}

/** Asks until the answer is that; the last one is thrown after ten seconds. */
export async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
