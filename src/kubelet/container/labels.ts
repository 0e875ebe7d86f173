/** Labels and annotations by which the kubelet finds its own again in the runtime, after a restart included. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Labels } from "../cri/types.ts";
import { type AnyContainer, containerHash } from "../pod/spec.ts";

export const podNameLabel = "io.kubernetes.pod.name";
export const podNamespaceLabel = "io.kubernetes.pod.namespace";
export const podUidLabel = "io.kubernetes.pod.uid";
export const containerNameLabel = "io.kubernetes.container.name";
export const hashAnnotation = "io.kubernetes.container.hash";
/** Requests and limits the container was created with, as JSON. */
export const resourcesAnnotation = "io.kubernetes.container.resources";
const restartCountAnnotation = "io.kubernetes.container.restartCount";
export const terminationMessagePathAnnotation = "io.kubernetes.container.terminationMessagePath";
export const terminationMessagePolicyAnnotation = "io.kubernetes.container.terminationMessagePolicy";

export function podLabels(pod: Pod): Labels {
  return {
    ...pod.metadata.labels,
    [podNameLabel]: pod.metadata.name,
    [podNamespaceLabel]: pod.metadata.namespace ?? "",
    [podUidLabel]: pod.metadata.uid,
  };
}

export function containerLabels(pod: Pod, container: AnyContainer): Labels {
  return {
    [podNameLabel]: pod.metadata.name,
    [podNamespaceLabel]: pod.metadata.namespace ?? "",
    [podUidLabel]: pod.metadata.uid,
    [containerNameLabel]: container.name,
  };
}

export function containerAnnotations(container: AnyContainer, attempt: number, resources: AnyContainer["resources"]): Labels {
  return {
    [hashAnnotation]: containerHash(container),
    [restartCountAnnotation]: String(attempt),
    [resourcesAnnotation]: JSON.stringify(resources ?? {}),
    [terminationMessagePathAnnotation]: container.terminationMessagePath ?? "/dev/termination-log",
    [terminationMessagePolicyAnnotation]: container.terminationMessagePolicy ?? "File",
  };
}
