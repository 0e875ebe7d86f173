/** Measures the pods that have limits on local storage, and ends those that exceed one. */
import { join } from "node:path";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText } from "../../client/errors.ts";
import { containerNameLabel, podUidLabel } from "../container/labels.ts";
import { podLogDirectory } from "../container/sandbox-config.ts";
import type { RuntimeService } from "../cri/service.ts";
import type { ContainerStats } from "../cri/types.ts";
import type { Host } from "../host.ts";
import type { Pods } from "../pod/pods.ts";
import type { Volumes } from "../volumes/volumes.ts";
import { diskEmptyDirs, exceededLimit, hasLocalLimits, type LocalUsage } from "./local-storage.ts";

export interface LocalStorageOptions {
  readonly context: ComponentContext;
  readonly runtime: RuntimeService;
  readonly host: Host;
  readonly volumes: Volumes;
  readonly pods: Pods;
  readonly podLogsDirectory: string;
}

const periodMs = 10_000;
/** An evicted pod has done wrong already: it gets this long to end, not its own grace period. */
const graceSeconds = 1;

/** Runs until the context's signal aborts. */
export async function guardLocalStorage(options: LocalStorageOptions): Promise<void> {
  const { clock, signal, logger } = options.context;
  while (!signal.aborted) {
    await clock.sleep(periodMs, signal).catch(() => {}); // Ends early only when the kubelet does.
    try {
      if (!signal.aborted) await checkPods(options);
    } catch (error) {
      if (!signal.aborted) logger.warn({ error: errorText(error) }, "cannot measure local storage");
    }
  }
}

async function checkPods({ context, runtime, host, volumes, pods, podLogsDirectory }: LocalStorageOptions): Promise<void> {
  const limited = pods.list().filter((pod) => pods.worker(pod.metadata.uid)?.lifecycle.phase === "running" && hasLocalLimits(pod));
  if (limited.length === 0) return;
  const stats = Map.groupBy(await runtime.listContainerStats(), ({ attributes }) => attributes?.labels[podUidLabel] ?? "");
  const bytesBelow = async (path: string | undefined) => (path === undefined ? 0 : diskUsage(await host.run("du", ["--summarize", "--block-size=1", path])));
  for (const pod of limited) {
    try {
      const message = exceededLimit(pod, await measure(pod, stats.get(pod.metadata.uid) ?? [], volumes, podLogsDirectory, bytesBelow));
      if (message === undefined) continue;
      context.events.event(pod, "Warning", "Evicted", message);
      pods.worker(pod.metadata.uid)?.fail("Evicted", message, graceSeconds);
    } catch (error) {
      // Files go while they are counted; the next round counts again.
      context.logger.debug({ pod: pod.metadata.name, error: errorText(error) }, "cannot measure a pod's local storage");
    }
  }
}

async function measure(
  pod: Pod,
  stats: readonly ContainerStats[],
  volumes: Volumes,
  podLogsDirectory: string,
  bytesBelow: (path: string | undefined) => Promise<number>,
): Promise<LocalUsage> {
  const emptyDirs = new Map<string, number>();
  for (const name of diskEmptyDirs(pod)) emptyDirs.set(name, await bytesBelow(volumes.path(pod, name)));
  const containers = new Map<string, number>();
  for (const { attributes, writableLayer } of stats) {
    const name = attributes?.labels[containerNameLabel] ?? "";
    const logs = await bytesBelow(join(podLogDirectory(pod, podLogsDirectory), name));
    containers.set(name, Number(writableLayer?.usedBytes?.value ?? 0) + logs);
  }
  return { emptyDirs, containers };
}

/** `BYTES<TAB>PATH`. */
function diskUsage(output: string): number {
  return Number(/^\d+/.exec(output)?.[0] ?? 0);
}
