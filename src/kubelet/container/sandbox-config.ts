/** CRI's configuration of a pod's sandbox. */
import { join } from "node:path";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { DnsConfig, PodSandboxConfig, PortMapping } from "../cri/types.ts";
import { allContainers, isHostNetwork } from "../pod/spec.ts";
import { podHostname } from "./hosts-file.ts";
import { podLabels } from "./labels.ts";
import { sandboxSecurity } from "./security.ts";

export interface SandboxOptions {
  readonly attempt: number;
  readonly podLogsDirectory: string;
  readonly clusterDomain: string;
  readonly dns: DnsConfig;
  readonly cgroupParent: string;
}

export function sandboxConfig(pod: Pod, options: SandboxOptions): PodSandboxConfig {
  const { name, namespace = "", uid } = pod.metadata;
  return {
    metadata: { name, namespace, uid, attempt: options.attempt },
    // The host's own name stands where its UTS namespace is shared; the runtime refuses any other.
    hostname: isHostNetwork(pod) ? "" : podHostname(pod, options.clusterDomain).kernelName,
    logDirectory: podLogDirectory(pod, options.podLogsDirectory),
    dnsConfig: options.dns,
    portMappings: isHostNetwork(pod) ? [] : portMappings(pod),
    labels: podLabels(pod),
    annotations: { ...pod.metadata.annotations },
    linux: { cgroupParent: options.cgroupParent, securityContext: sandboxSecurity(pod), sysctls: sysctls(pod) },
  };
}

/** `NAMESPACE_NAME_UID` below the folder of all pod logs. */
export function podLogDirectory(pod: Pod, podLogsDirectory: string): string {
  return join(podLogsDirectory, `${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`);
}

function portMappings(pod: Pod): PortMapping[] {
  return allContainers(pod).flatMap((container) =>
    (container.ports ?? []).flatMap(({ containerPort, hostPort = 0, hostIP = "", protocol = "TCP" }) =>
      hostPort === 0 ? [] : [{ containerPort, hostPort, hostIp: hostIP, protocol: protocol as PortMapping["protocol"] }],
    ),
  );
}

function sysctls(pod: Pod): Record<string, string> {
  return Object.fromEntries((pod.spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name.replaceAll("/", "."), value]));
}
