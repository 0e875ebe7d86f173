/** Which pods use more of the node's disk than they said they would: those end, whatever room the node has. Pure. */
import type { Pod } from "../../api/core/v1/pod.ts";
import { podLimits } from "../../machinery/pod-resources.ts";
import { valueOfQuantity } from "../../machinery/quantity.ts";

/** Bytes. */
export interface LocalUsage {
  /** By volume name; emptyDirs on disk only: those in memory are bounded by their mount. */
  readonly emptyDirs: ReadonlyMap<string, number>;
  /** By container name: its writable layer and its logs. */
  readonly containers: ReadonlyMap<string, number>;
}

const resource = "ephemeral-storage";

/** Names of the emptyDirs on disk. */
export function diskEmptyDirs(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap(({ name, emptyDir }) => (emptyDir === undefined || (emptyDir.medium ?? "") !== "" ? [] : [name]));
}

/** Only pods with a limit have to be measured. */
export function hasLocalLimits(pod: Pod): boolean {
  const bounded = (pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined);
  return bounded || podLimits(pod)[resource] !== undefined;
}

/** The message of the eviction (its trailing blank is upstream's), undefined while the pod keeps within its limits. */
export function exceededLimit(pod: Pod, usage: LocalUsage): string | undefined {
  return emptyDirLimit(pod, usage) ?? podLimit(pod, usage) ?? containerLimit(pod, usage);
}

function emptyDirLimit(pod: Pod, usage: LocalUsage): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit !== undefined && exceeds(usage.emptyDirs.get(name), limit)) return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
  }
  return undefined;
}

function podLimit(pod: Pod, usage: LocalUsage): string | undefined {
  const limit = podLimits(pod)[resource];
  const used = [...usage.emptyDirs.values(), ...usage.containers.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (limit === undefined || limit === 0 || used <= limit) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${limitText(pod, limit)}. `;
}

/** As the pod wrote it where one container's limit is all there is. */
function limitText(pod: Pod, bytes: number): string {
  const written = pod.spec.containers.flatMap(({ resources }) => resources?.limits?.[resource] ?? []);
  return written.find((quantity) => valueOfQuantity(quantity) === bytes) ?? String(bytes);
}

function containerLimit(pod: Pod, usage: LocalUsage): string | undefined {
  for (const { name, resources } of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    const limit = resources?.limits?.[resource];
    if (limit !== undefined && exceeds(usage.containers.get(name), limit)) return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}

function exceeds(bytes: number | undefined, limit: string): boolean {
  const allowed = valueOfQuantity(limit);
  return bytes !== undefined && allowed > 0 && bytes > allowed;
}
