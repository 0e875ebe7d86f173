/**
 * /resize: new CPU and memory for running containers (KEP-1287), sidecars and init containers included, and for the pod
 * as a whole (KEP-5419).
 */
import { joined } from "../../../../machinery/joined.ts";
import { sameJson } from "../../../../machinery/json.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import type { ResourceRequirements } from "../common.ts";
import type { Container } from "../container.ts";
import { qosClass } from "../pod.qos.ts";
import type { Pod } from "../pod.ts";
import type { PodSpec } from "../pod-spec.ts";
import { mirrorAnnotation } from "./pod-spec.ts";

type ResourceList = Readonly<Record<string, string>>;

const parts = ["requests", "limits"] as const;
const lists = ["containers", "initContainers"] as const;

export function resizeErrors(pod: Pod, old: Pod): readonly FieldError[] {
  const refused = refusal(old);
  if (refused !== undefined) return [fieldError.forbidden("[]", refused)];
  const errors = [...podErrors(pod, old), ...podLevelErrors(pod.spec, old.spec), ...claimErrors(old)];
  const misplaced = lists.flatMap((list) => orderErrors(list, pod.spec[list] ?? [], old.spec[list] ?? []));
  if (misplaced.length > 0) return joined(errors, misplaced);
  errors.push(
    ...removedFromContainers("initContainers", pod.spec, old.spec),
    ...removedFromContainers("containers", pod.spec, old.spec),
    ...containerErrors(pod.spec.containers, old.spec.containers),
    ...initContainerErrors(pod.spec.initContainers ?? [], old.spec.initContainers ?? []),
  );
  // Empty resources of a pod that had none are no pod-level resources, and a change all the same.
  const appeared =
    !hasPodLevelResources(pod.spec) && !hasPodLevelResources(old.spec) && (pod.spec.resources === undefined) !== (old.spec.resources === undefined);
  return errors.length === 0 && appeared ? [onlyCompute] : errors;
}

const onlyCompute = fieldError.forbidden("spec", "only cpu and memory resources are mutable");

function refusal(old: Pod): string | undefined {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) return "static pods cannot be resized";
  return old.spec.os?.name === "windows" ? "windows pods cannot be resized" : undefined;
}

function podErrors(pod: Pod, old: Pod): readonly FieldError[] {
  const errors: FieldError[] = [];
  if ((old.status?.qosClass ?? qosClass(old)) !== qosClass(pod)) {
    errors.push(fieldError.invalid("spec", pod.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing"));
  }
  if (!nodeCanResize(old)) errors.push(fieldError.forbidden("spec", "Pod running on node without support for resize"));
  return errors;
}

/** A kubelet that can resize reports what its containers have. */
function nodeCanResize({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function hasPodLevelResources({ resources }: PodSpec): boolean {
  return parts.some((part) => Object.keys(resources?.[part] ?? {}).length > 0);
}

/** Pod-level resources can be added and changed, never removed; of them, too, only CPU and memory. */
function podLevelErrors({ resources }: PodSpec, { resources: old }: PodSpec): readonly FieldError[] {
  if (old !== undefined && resources === undefined) {
    return hasPodLevelResources({ resources: old } as PodSpec) ? [fieldError.forbidden("spec.resources", "pod-level resources cannot be removed")] : [];
  }
  const removed = parts
    .filter((part) => lacks(resources?.[part], old?.[part]))
    .map((part) => fieldError.forbidden(`spec.resources.${part}`, `pod-level resource ${part} cannot be removed`));
  if (sameJson(withoutCompute(resources), withoutCompute(old)) && sameJson(resources?.claims ?? [], old?.claims ?? [])) return removed;
  return [...removed, fieldError.forbidden("spec", "only cpu and memory resources are mutable at pod-level")];
}

/** KEP-5517: what a claim takes of the node is not counted anew when a pod is resized. */
function claimErrors({ status }: Pod): readonly FieldError[] {
  if ((status?.nodeAllocatableResourceClaimStatuses ?? []).length === 0) return [];
  return [fieldError.forbidden("spec", "pods with node allocatable resource claims cannot be resized")];
}

function orderErrors(list: (typeof lists)[number], now: readonly Container[], before: readonly Container[]): readonly FieldError[] {
  if (now.length !== before.length) return [fieldError.forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
  return before.flatMap(({ name }, index) =>
    now[index]?.name === name ? [] : [fieldError.forbidden(`spec.${list}[${index}].name`, `${list} may not be renamed or reordered on resize`)],
  );
}

function removedFromContainers(list: (typeof lists)[number], spec: PodSpec, old: PodSpec): readonly FieldError[] {
  return (old[list] ?? []).flatMap(({ resources }, index) =>
    parts
      .filter((part) => lacks(spec[list]?.[index]?.resources?.[part], resources?.[part]))
      .map((part) => fieldError.forbidden(`spec.${list}[${index}].resources.${part}`, `resource ${part} cannot be removed`)),
  );
}

function lacks(now: ResourceList = {}, before: ResourceList = {}): boolean {
  return Object.keys(before).some((name) => now[name] === undefined);
}

function containerErrors(now: readonly Container[], before: readonly Container[]): readonly FieldError[] {
  return before.flatMap((old, index) => (changesOnlyCompute(now[index] ?? old, old) ? [] : [onlyCompute]));
}

/** An init container that was to be restarted for its new resources would run twice. */
function initContainerErrors(now: readonly Container[], before: readonly Container[]): readonly FieldError[] {
  return before.flatMap((old, index) => {
    const path = `spec.initContainers[${index}]`;
    const container = now[index] ?? old;
    const errors: FieldError[] = [];
    if (!changesOnlyCompute(container, old)) {
      errors.push(fieldError.forbidden(path, "only cpu and memory resources for init or sidecar containers are mutable"));
    }
    if (container.restartPolicy === "Always" || isSame(container, old)) return errors;
    const restarting = (container.resizePolicy ?? []).filter(({ restartPolicy }) => restartPolicy === "RestartContainer");
    return joined(
      errors,
      restarting.map(() => fieldError.forbidden(path, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized")),
    );
  });
}

function isSame(container: Container, old: Container): boolean {
  return sameJson({ ...container, resources: given(container.resources) }, { ...old, resources: given(old.resources) });
}

/** As upstream compares them, which forgets claims on the way: a container that has any cannot be resized. */
function changesOnlyCompute(container: Container, old: Container): boolean {
  const { claims: _, ...resources } = container.resources ?? {};
  const rest = { ...given(old.resources), ...withoutCompute(old.resources) };
  return sameJson(
    { ...container, resources: withoutCompute(resources) },
    { ...old, resources: rest.claims === undefined ? withoutCompute(old.resources) : rest },
  );
}

/** Without the lists that are empty. */
function given(resources: ResourceRequirements = {}): ResourceRequirements {
  const { requests = {}, limits = {}, claims = [] } = resources;
  return {
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(claims.length === 0 ? {} : { claims }),
  };
}

/** Requests and limits of what cannot be changed in place. */
function withoutCompute({ requests, limits }: ResourceRequirements = {}): Record<(typeof parts)[number], ResourceList> {
  const others = (list: ResourceList = {}) => Object.fromEntries(Object.entries(list).filter(([name]) => name !== "cpu" && name !== "memory"));
  return { requests: others(requests), limits: others(limits) };
}
