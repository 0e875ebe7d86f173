/** CRI's configuration of one container, from its spec and everything that was prepared for it. */
import type { Container, EphemeralContainer } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ContainerConfig, Mount } from "../cri/types.ts";
import type { AnyContainer } from "../pod/spec.ts";
import { expand } from "./expansion.ts";
import { containerAnnotations, containerLabels } from "./labels.ts";
import { containerResources, effectiveResources } from "./resources.ts";
import { containerSecurity, type ImageUser } from "./security.ts";

export interface ContainerOptions {
  readonly attempt: number;
  /** Reference by which the runtime knows the image. */
  readonly imageRef: string;
  readonly imageUser: ImageUser;
  readonly environment: ReadonlyMap<string, Uint8Array>;
  readonly mounts: readonly Mount[];
  readonly memoryCapacityBytes: number;
  /** The container whose processes an ephemeral one is to see. */
  readonly targetContainerId?: string;
}

export function containerConfig(pod: Pod, container: AnyContainer, options: ContainerOptions): ContainerConfig {
  const lookup = (name: string) => {
    const value = options.environment.get(name);
    return value === undefined ? undefined : Buffer.from(value).toString();
  };
  const spec = container as Container & EphemeralContainer;
  return {
    metadata: { name: container.name, attempt: options.attempt },
    image: { image: options.imageRef, userSpecifiedImage: container.image ?? "" },
    command: (container.command ?? []).map((word) => expand(word, lookup)),
    args: (container.args ?? []).map((word) => expand(word, lookup)),
    workingDir: container.workingDir ?? "",
    envs: [...options.environment].map(([key, value]) => ({ key, value })),
    mounts: options.mounts,
    devices: [],
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(container, options.attempt, effectiveResources(pod, spec)),
    logPath: containerLogPath(container.name, options.attempt),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    linux: {
      resources: containerResources(pod, spec, options.memoryCapacityBytes),
      securityContext: containerSecurity(pod, spec, options.imageUser, options.targetContainerId),
    },
    ...(container.lifecycle?.stopSignal === undefined ? {} : { stopSignal: container.lifecycle.stopSignal }),
  };
}

/** Relative to the pod's log folder. */
export function containerLogPath(name: string, attempt: number): string {
  return `${name}/${attempt}.log`;
}
