/** How Pod Security checks word what they found (k8s.io/pod-security-admission/policy). */
import type { Container } from "../../api/core/v1/container.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";

/** What a check found wrong; undefined when nothing is. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** The pod as checks see it, a template's one included. */
export interface CheckedPod {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

export type Check = (pod: CheckedPod) => Violation | undefined;

/** Init, main and ephemeral containers, in this order. */
export function containersOf(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...((spec.ephemeralContainers ?? []) as Container[])];
}

export function namesWhere(spec: PodSpec, matches: (container: Container) => boolean): string[] {
  return containersOf(spec)
    .filter(matches)
    .map((container) => container.name);
}

/** In quotation marks, nothing escaped: what a value itself quotes shows as it is. */
export function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(", ");
}

export function sortedSet(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}

/** `container "a"`, `containers "a", "b"`. */
export function containerNames(names: readonly string[]): string {
  return `${plural("container", names.length)} ${quoted(names)}`;
}

/** `pod and containers "a", "b"`: who has set a field explicitly. */
export function setters(podDid: boolean, containers: readonly string[]): string {
  return [...(podDid ? ["pod"] : []), ...(containers.length === 0 ? [] : [containerNames(containers)])].join(" and ");
}

export function isWindows(spec: PodSpec): boolean {
  return spec.os?.name === "windows";
}

/** Root in a user namespace of its own is not root on the node (KEP-127). */
export function hasUserNamespace(spec: PodSpec): boolean {
  return spec.hostUsers === false;
}
