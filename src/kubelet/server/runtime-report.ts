/** Pods and figures as the runtime knows them, without asking the API server (stats.kubelet.k8s.io Summary). */
import { timeText } from "../../machinery/time.ts";
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from "../container/labels.ts";
import type { Container, ContainerStats, Int64Value, Labels } from "../cri/types.ts";

/** One pod per group of running containers; only names and images are known here. */
export function runningPods(containers: readonly Container[]): object[] {
  const pods = new Map<string, { metadata: object; spec: { containers: object[] }; status: object }>();
  for (const { labels, state, image } of containers) {
    const uid = labels[podUidLabel];
    if (uid === undefined || state !== "CONTAINER_RUNNING") continue;
    const pod = pods.get(uid) ?? { metadata: podMetadata(labels), spec: { containers: [] }, status: {} };
    pod.spec.containers.push({ name: labels[containerNameLabel] ?? "", image: image?.image ?? "", resources: {} });
    pods.set(uid, pod);
  }
  return [...pods.values()];
}

export function statsSummary(nodeName: string, stats: readonly ContainerStats[]): object {
  const pods = new Map<string, { podRef: object; containers: object[] }>();
  for (const container of stats) {
    const labels = container.attributes?.labels ?? {};
    const uid = labels[podUidLabel];
    if (uid === undefined) continue;
    const pod = pods.get(uid) ?? { podRef: podMetadata(labels), containers: [] };
    pod.containers.push(containerStats(labels[containerNameLabel] ?? "", container));
    pods.set(uid, pod);
  }
  return { node: { nodeName }, pods: [...pods.values()] };
}

function podMetadata(labels: Labels): object {
  return { name: labels[podNameLabel] ?? "", namespace: labels[podNamespaceLabel] ?? "", uid: labels[podUidLabel] };
}

function containerStats(name: string, { cpu, memory, writableLayer }: ContainerStats): object {
  return {
    name,
    ...(cpu === null
      ? {}
      : {
          cpu: { time: nanosText(cpu.timestamp), ...number("usageNanoCores", cpu.usageNanoCores), ...number("usageCoreNanoSeconds", cpu.usageCoreNanoSeconds) },
        }),
    ...(memory === null
      ? {}
      : {
          memory: {
            time: nanosText(memory.timestamp),
            ...number("availableBytes", memory.availableBytes),
            ...number("usageBytes", memory.usageBytes),
            ...number("workingSetBytes", memory.workingSetBytes),
            ...number("rssBytes", memory.rssBytes),
            ...number("pageFaults", memory.pageFaults),
            ...number("majorPageFaults", memory.majorPageFaults),
          },
        }),
    ...(writableLayer === null
      ? {}
      : {
          rootfs: {
            time: nanosText(writableLayer.timestamp),
            ...number("usedBytes", writableLayer.usedBytes),
            ...number("inodesUsed", writableLayer.inodesUsed),
          },
        }),
  };
}

function nanosText(nanos: number): string {
  return timeText(nanos / 1e6);
}

function number(name: string, value: Int64Value | null): object {
  return value === null ? {} : { [name]: Number(value.value) };
}
