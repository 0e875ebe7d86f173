/** The container runtime as the kubelet sees it: CRI v1 without gRPC. Every call ends by a deadline of its own. */
import type {
  AttachRequest,
  AuthConfig,
  Container,
  ContainerConfig,
  ContainerEvent,
  ContainerStats,
  ContainerStatus,
  ExecRequest,
  ExecSyncResponse,
  FilesystemUsage,
  Image,
  ImageSpec,
  Labels,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStatus,
  StatusResponse,
  VersionResponse,
} from "./types.ts";

/** All methods reject with `CriError`. */
export interface RuntimeService {
  version(): Promise<VersionResponse>;
  status(): Promise<StatusResponse>;
  /** Returns the sandbox id. Its network is up when this resolves. */
  runPodSandbox(config: PodSandboxConfig, runtimeHandler: string): Promise<string>;
  /** Idempotent; a sandbox that is gone counts as stopped. */
  stopPodSandbox(id: string): Promise<void>;
  removePodSandbox(id: string): Promise<void>;
  podSandboxStatus(id: string): Promise<PodSandboxStatus>;
  listPodSandboxes(labels?: Labels): Promise<PodSandbox[]>;
  /** Returns the container id. */
  createContainer(sandboxId: string, config: ContainerConfig, sandbox: PodSandboxConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** SIGTERM (or the image's stop signal), SIGKILL after `timeoutSeconds`; resolves when it has ended. */
  stopContainer(id: string, timeoutSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  listContainers(labels?: Labels): Promise<Container[]>;
  containerStatus(id: string): Promise<ContainerStatus>;
  listContainerStats(labels?: Labels): Promise<ContainerStats[]>;
  updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void>;
  reopenContainerLog(id: string): Promise<void>;
  /** 0 seconds: no limit. A command that ran out of time rejects with code DEADLINE_EXCEEDED. */
  execSync(id: string, command: readonly string[], timeoutSeconds: number): Promise<ExecSyncResponse>;
  /** The next three return the URL of the runtime's streaming server. */
  exec(request: ExecRequest): Promise<string>;
  attach(request: AttachRequest): Promise<string>;
  portForward(sandboxId: string, ports: readonly number[]): Promise<string>;
  updateRuntimeConfig(podCidr: string): Promise<void>;
  /** Ends with `signal`; rejects with code UNIMPLEMENTED where the runtime has no events (containerd before 1.7). */
  containerEvents(signal: AbortSignal): AsyncIterable<ContainerEvent>;
}

export interface ImageService {
  listImages(): Promise<Image[]>;
  /** undefined when the image is not here. */
  imageStatus(image: string): Promise<Image | undefined>;
  /** Returns the image's reference (digest or id). */
  pullImage(image: ImageSpec, auth: AuthConfig | undefined, sandbox: PodSandboxConfig | undefined, signal: AbortSignal): Promise<string>;
  removeImage(image: string): Promise<void>;
  imageFsInfo(): Promise<FilesystemUsage[]>;
}

export interface ContainerRuntime {
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  /** Calls in flight reject with code CANCELLED; what they asked of the runtime may still happen. */
  close(): void;
}
