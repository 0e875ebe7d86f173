/** Questions about a pod's spec that decisions and status ask alike. */
import { createHash } from "node:crypto";
import type { Container, EphemeralContainer } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ContainerRecord } from "./runtime-state.ts";

export type AnyContainer = Container | EphemeralContainer;

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

export function initContainers(pod: Pod): readonly Container[] {
  return pod.spec.initContainers ?? [];
}

export function sidecars(pod: Pod): Container[] {
  return initContainers(pod).filter(isSidecar);
}

export function ephemeralContainers(pod: Pod): readonly EphemeralContainer[] {
  return pod.spec.ephemeralContainers ?? [];
}

export function allContainers(pod: Pod): AnyContainer[] {
  return [...initContainers(pod), ...pod.spec.containers, ...ephemeralContainers(pod)];
}

export function findContainer(pod: Pod, name: string): AnyContainer | undefined {
  return allContainers(pod).find((container) => container.name === name);
}

/** Name and image are what cannot change in place; everything else of a container is immutable or resized live. */
export function containerHash(container: AnyContainer): string {
  return createHash("sha256")
    .update(JSON.stringify([container.name, container.image]))
    .digest("hex")
    .slice(0, 16);
}

/** Whether a main or init container that has ended is to run again (KEP-5307 rules, then its own or the pod's policy). */
export function restartsAfter(pod: Pod, container: Container, ended: Pick<ContainerRecord, "exitCode">, init: boolean): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  for (const rule of container.restartPolicyRules ?? []) {
    const { operator, values = [] } = rule.exitCodes ?? { operator: "" };
    const matches = operator === "In" ? values.includes(ended.exitCode) : operator === "NotIn" ? !values.includes(ended.exitCode) : false;
    if (matches && rule.action === "Restart") return true;
  }
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? "Always";
  if (policy === "Never") return false;
  // Init containers under policy Always are retried until they succeed, no longer.
  return policy === "OnFailure" || (init && !isSidecar(container)) ? ended.exitCode !== 0 : true;
}

/** Seconds a container gets to end when nobody says otherwise. */
export function gracePeriodSeconds(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}

export function isHostNetwork(pod: Pod): boolean {
  return pod.spec.hostNetwork === true;
}

/** `name_namespace(uid)`, as messages of the kubelet name a pod. */
export function podText(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
}
