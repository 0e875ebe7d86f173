/** CRI over gRPC on a unix socket. */
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { type CriCode, CriError, isNotFound } from "./errors.ts";
import type { ContainerRuntime, ImageService, RuntimeService } from "./service.ts";
import type { ContainerEvent, Image, StatusResponse, VersionResponse } from "./types.ts";

const callTimeoutMs = 2 * 60_000;
/** Sandbox calls run CNI plugins and may wait for them: upstream gives them twice the usual time. */
const sandboxTimeoutMs = 4 * 60_000;
/** Images may be large and links slow; the pull ends by cancellation, not by the clock. */
const pullTimeoutMs = 60 * 60_000;

const protoPath = fileURLToPath(new URL("./runtime.proto", import.meta.url));

interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A gRPC client whose methods were made from the .proto at run time. */
type DynamicClient = grpc.Client & Record<string, (...args: unknown[]) => grpc.ClientUnaryCall & grpc.ClientReadableStream<unknown>>;
type Caller = <T>(method: string, request: object, options?: CallOptions) => Promise<T>;

/** `endpoint` is a socket path, with or without `unix://`. Connects lazily and reconnects by itself. */
export function connectRuntime(endpoint: string): ContainerRuntime {
  const path = endpoint.replace(/^unix:(\/\/)?/, "");
  const services = loadServices();
  const inFlight = new Set<grpc.ClientUnaryCall>();
  const runtimeClient = dial(services.RuntimeService, path);
  const imageClient = dial(services.ImageService, path);
  return {
    runtime: runtimeService(caller(runtimeClient, inFlight), runtimeClient),
    images: imageService(caller(imageClient, inFlight)),
    close: () => {
      for (const call of inFlight) call.cancel();
      runtimeClient.close();
      imageClient.close();
    },
  };
}

function loadServices(): { RuntimeService: grpc.ServiceClientConstructor; ImageService: grpc.ServiceClientConstructor } {
  const definition = loadSync(protoPath, { longs: Number, enums: String, defaults: true });
  // biome-ignore lint/suspicious/noExplicitAny: grpc-js types loaded packages as a tree of unknown shape
  return (grpc.loadPackageDefinition(definition) as any).runtime.v1;
}

function dial(service: grpc.ServiceClientConstructor, path: string): DynamicClient {
  const options = { "grpc.max_receive_message_length": 16 << 20, "grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 2000 };
  return new service(`unix:${path}`, grpc.credentials.createInsecure(), options) as unknown as DynamicClient;
}

function caller(client: DynamicClient, inFlight: Set<grpc.ClientUnaryCall>): Caller {
  return <T>(method: string, request: object, options: CallOptions = {}) =>
    new Promise<T>((resolve, reject) => {
      options.signal?.throwIfAborted();
      const deadline = Date.now() + (options.timeoutMs ?? callTimeoutMs);
      const call = client[method]!(request, { deadline }, (error: grpc.ServiceError | null, value: T) => {
        options.signal?.removeEventListener("abort", cancel);
        inFlight.delete(call);
        if (error === null) resolve(value);
        else reject(criError(method, error));
      });
      inFlight.add(call);
      const cancel = () => call.cancel();
      options.signal?.addEventListener("abort", cancel, { once: true });
    });
}

function criError(method: string, error: grpc.ServiceError): CriError {
  return new CriError(method, codes[error.code] ?? "UNKNOWN", error.details || error.message, { cause: error });
}

const codes: Partial<Record<number, CriCode>> = {
  [grpc.status.NOT_FOUND]: "NOT_FOUND",
  [grpc.status.UNAVAILABLE]: "UNAVAILABLE",
  [grpc.status.DEADLINE_EXCEEDED]: "DEADLINE_EXCEEDED",
  [grpc.status.UNIMPLEMENTED]: "UNIMPLEMENTED",
  [grpc.status.CANCELLED]: "CANCELLED",
  [grpc.status.RESOURCE_EXHAUSTED]: "RESOURCE_EXHAUSTED",
};

function runtimeService(call: Caller, client: DynamicClient): RuntimeService {
  return {
    version: () => call<VersionResponse>("version", { version: "v1" }),
    status: () => call<StatusResponse>("status", { verbose: false }),
    runPodSandbox: async (config, runtimeHandler) =>
      (await call<{ podSandboxId: string }>("runPodSandbox", { config, runtimeHandler }, { timeoutMs: sandboxTimeoutMs })).podSandboxId,
    stopPodSandbox: (podSandboxId) => goneIsDone(call("stopPodSandbox", { podSandboxId }, { timeoutMs: sandboxTimeoutMs })),
    removePodSandbox: (podSandboxId) => goneIsDone(call("removePodSandbox", { podSandboxId })),
    podSandboxStatus: async (podSandboxId) => field("status", await call("podSandboxStatus", { podSandboxId })),
    listPodSandboxes: async (labelSelector) => field("items", await call("listPodSandbox", { filter: { labelSelector } })),
    createContainer: async (podSandboxId, config, sandboxConfig) =>
      field("containerId", await call("createContainer", { podSandboxId, config, sandboxConfig })),
    startContainer: (containerId) => call("startContainer", { containerId }),
    stopContainer: (containerId, timeout) => goneIsDone(call("stopContainer", { containerId, timeout }, { timeoutMs: callTimeoutMs + timeout * 1000 })),
    removeContainer: (containerId) => goneIsDone(call("removeContainer", { containerId })),
    listContainers: async (labelSelector) => field("containers", await call("listContainers", { filter: { labelSelector } })),
    containerStatus: async (containerId) => field("status", await call("containerStatus", { containerId })),
    listContainerStats: async (labelSelector) => field("stats", await call("listContainerStats", { filter: { labelSelector } })),
    updateContainerResources: (containerId, linux) => call("updateContainerResources", { containerId, linux }),
    reopenContainerLog: (containerId) => call("reopenContainerLog", { containerId }),
    execSync: (containerId, cmd, timeout) =>
      call("execSync", { containerId, cmd, timeout }, { timeoutMs: timeout === 0 ? pullTimeoutMs : callTimeoutMs + timeout * 1000 }),
    exec: async (request) => field("url", await call("exec", request)),
    attach: async (request) => field("url", await call("attach", request)),
    portForward: async (podSandboxId, port) => field("url", await call("portForward", { podSandboxId, port })),
    updateRuntimeConfig: (podCidr) => call("updateRuntimeConfig", { runtimeConfig: { networkConfig: { podCidr } } }),
    containerEvents: (signal) => serverStream<ContainerEvent>(client, "getContainerEvents", signal),
  };
}

function imageService(call: Caller): ImageService {
  return {
    listImages: async () => field("images", await call("listImages", {})),
    imageStatus: async (image) => field<Image | null>("image", await call("imageStatus", { image: { image } })) ?? undefined,
    pullImage: async (image, auth, sandboxConfig, signal) =>
      field("imageRef", await call("pullImage", { image, auth, sandboxConfig }, { timeoutMs: pullTimeoutMs, signal })),
    removeImage: (image) => goneIsDone(call("removeImage", { image: { image } })),
    imageFsInfo: async () => field("imageFilesystems", await call("imageFsInfo", {})),
  };
}

function field<T>(name: string, answer: Record<string, unknown>): T {
  return answer[name] as T;
}

async function goneIsDone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function* serverStream<T>(client: DynamicClient, method: string, signal: AbortSignal): AsyncGenerator<T> {
  if (signal.aborted) return;
  const stream = client[method]!({});
  const cancel = () => stream.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for await (const item of stream) yield item as T;
  } catch (error) {
    if (!signal.aborted) throw criError(method, error as grpc.ServiceError);
  } finally {
    signal.removeEventListener("abort", cancel);
    stream.cancel();
  }
}
