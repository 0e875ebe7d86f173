/** The view of running pods that the HTTPS server works on. */
import type { Pod } from "../api/core/v1/pod.ts";
import type { ContainerView, KubeletPods } from "./contract.ts";
import type { RuntimeService } from "./cri/service.ts";
import type { Pods } from "./pod/pods.ts";
import { readySandbox } from "./pod/runtime-state.ts";
import type { RuntimeCache } from "./runtime-cache.ts";

export interface PodViewOptions {
  readonly runtime: RuntimeService;
  readonly cache: RuntimeCache;
  readonly pods: Pods;
}

export function kubeletPods({ runtime, cache, pods }: PodViewOptions): KubeletPods {
  const records = (pod: Pod, name: string) => cache.get(pod.metadata.uid)?.containers.filter((record) => record.name === name) ?? [];
  return {
    runtime,
    list: () => pods.list(),
    get: (namespace, name) => newest(pods.list().filter(({ metadata }) => metadata.namespace === namespace && metadata.name === name)),
    container: (pod, name, previous = false): ContainerView | undefined => {
      const record = records(pod, name)[previous ? 1 : 0];
      if (record === undefined) return undefined;
      const { id, attempt, state, logPath } = record;
      return { id, name, attempt, state, logPath };
    },
    sandboxId: (pod) => {
      const held = cache.get(pod.metadata.uid);
      return held === undefined ? undefined : readySandbox(held)?.id;
    },
    status: (pod) => pods.worker(pod.metadata.uid)?.status ?? pod.status,
  };
}

/** A pod that is being removed and its successor may share a name for a moment. */
function newest(found: readonly Pod[]): Pod | undefined {
  return [...found].sort((a, b) => ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? 1 : -1))[0];
}
