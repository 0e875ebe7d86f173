/** Whether this node takes a pod: what upstream's kubelet checks after the scheduler, or instead of it. */
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { matchesNode } from "../../machinery/node-selector.ts";
import { addAmounts, podRequests, type ResourceAmounts, resourceAmounts } from "../../machinery/pod-resources.ts";
import { allContainers } from "./spec.ts";

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** `others` are the pods already admitted that have not ended. */
export function admitPod(pod: Pod, others: readonly Pod[], node: Pick<Node, "metadata" | "spec" | "status">): Refusal | undefined {
  return (
    refuseSysctls(pod) ??
    refuseSystem(pod, node) ??
    refuseResources(pod, others, node) ??
    refuseSelector(pod, node) ??
    refusePorts(pod, others) ??
    refuseTaints(pod, node)
  );
}

interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

function hostPorts(pod: Pod): HostPort[] {
  return allContainers(pod).flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort = 0, hostIP, protocol = "TCP" }) =>
      hostPort === 0 ? [] : [{ ip: hostIP === undefined || hostIP === "" ? "0.0.0.0" : hostIP, protocol, port: hostPort }],
    ),
  );
}

/** Two pods may share a port number when protocol or address differ; 0.0.0.0 covers every address. */
function refusePorts(pod: Pod, others: readonly Pod[]): Refusal | undefined {
  const taken = others.flatMap(hostPorts);
  const clash = hostPorts(pod).some((wanted) =>
    taken.some(
      ({ ip, protocol, port }) => port === wanted.port && protocol === wanted.protocol && (ip === wanted.ip || ip === "0.0.0.0" || wanted.ip === "0.0.0.0"),
    ),
  );
  return clash ? refusal("NodePorts", "node(s) didn't have free ports for the requested pod ports") : undefined;
}

function refuseSystem(pod: Pod, node: Pick<Node, "metadata">): Refusal | undefined {
  const wanted = pod.spec.nodeSelector?.["kubernetes.io/os"];
  if (wanted !== undefined && wanted !== node.metadata.labels?.["kubernetes.io/os"]) {
    return { reason: "PodOSSelectorNodeLabelDoesNotMatch", message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label" };
  }
  const name = pod.spec.os?.name;
  if (name === undefined || name === "linux") return undefined;
  return { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };
}

function refuseSelector(pod: Pod, node: Pick<Node, "metadata">): Refusal | undefined {
  return matchesNode(pod, node as Node) ? undefined : refusal("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
}

/** NoExecute alone matters to a pod that has been bound; static pods tolerate everything. */
function refuseTaints(pod: Pod, node: Pick<Node, "spec">): Refusal | undefined {
  if (pod.metadata.annotations?.["kubernetes.io/config.source"] === "file") return undefined;
  const untolerated = (node.spec?.taints ?? []).find(
    (taint) =>
      taint.effect === "NoExecute" &&
      !(pod.spec.tolerations ?? []).some(
        ({ key = "", operator = "Equal", value = "", effect = "" }) =>
          (effect === "" || effect === taint.effect) &&
          (key === "" ? operator === "Exists" : key === taint.key && (operator === "Exists" || value === (taint.value ?? ""))),
      ),
  );
  return untolerated === undefined ? undefined : refusal("TaintToleration", "node(s) had taints that the pod didn't tolerate");
}

/** What the pod requests beside the others, as far as the node names it; `others` without the pod itself. */
export function refuseResources(pod: Pod, others: readonly Pod[], node: Pick<Node, "status">): Refusal | undefined {
  const allocatable = resourceAmounts(node.status?.allocatable);
  const used: ResourceAmounts = {};
  for (const other of others) addAmounts(used, podRequests(other));
  if (allocatable["pods"] !== undefined && others.length + 1 > allocatable["pods"]) return outOf("pods", 1, others.length, allocatable["pods"]);
  for (const [name, wanted] of Object.entries(podRequests(pod))) {
    const free = allocatable[name];
    // What the node does not name (extended resources of plugins) upstream leaves out of its check too.
    if (wanted === 0 || free === undefined) continue;
    if ((used[name] ?? 0) + wanted > free) return outOf(name, wanted, used[name] ?? 0, free);
  }
  return undefined;
}

function outOf(name: string, requested: number, used: number, capacity: number): Refusal {
  return {
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

function refusal(reason: string, message: string): Refusal {
  return { reason, message: `Predicate ${reason} failed: ${message}` };
}

/** Namespaced and harmless to others. */
const safeSysctls = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

function refuseSysctls(pod: Pod): Refusal | undefined {
  for (const { name } of pod.spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll("/", ".");
    const inHost = (dotted.startsWith("net.") && pod.spec.hostNetwork === true) || (dotted.startsWith("kernel.") && pod.spec.hostIPC === true);
    if (!safeSysctls.has(dotted) || inHost) return { reason: "SysctlForbidden", message: `forbidden sysctl: "${name}" not allowlisted` };
  }
  return undefined;
}
