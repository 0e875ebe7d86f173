/** /resize: new CPU and memory for running containers (KEP-1287). */
import { copyJson, sameJson } from "../../../../machinery/json.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import type { ResourceRequirements } from "../common.ts";
import type { Container } from "../container.ts";
import { qosClass } from "../pod.qos.ts";
import type { Pod } from "../pod.ts";
import { mirrorAnnotation } from "./pod-spec.ts";

type ResourceList = Readonly<Record<string, string>>;

export function resizeErrors(pod: Pod, old: Pod): FieldError[] {
  const refused = refusal(pod, old);
  if (refused !== undefined) return [fieldError.forbidden("", refused)];
  const errors: FieldError[] = [];
  if ((old.status?.qosClass ?? qosClass(old)) !== qosClass(pod)) {
    errors.push(fieldError.invalid("spec", pod.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing"));
  }
  if (!nodeCanResize(old)) errors.push(fieldError.forbidden("spec", "Pod running on node without support for resize"));
  return [...errors, ...listErrors("containers", pod, old), ...listErrors("initContainers", pod, old)];
}

function refusal(pod: Pod, old: Pod): string | undefined {
  if (hasPodLevelResources(pod) || hasPodLevelResources(old)) return "pods with pod-level resources cannot be resized";
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) return "static pods cannot be resized";
  return old.spec.os?.name === "windows" ? "windows pods cannot be resized" : undefined;
}

function hasPodLevelResources({ spec }: Pod): boolean {
  return Object.keys(spec.resources?.requests ?? {}).length + Object.keys(spec.resources?.limits ?? {}).length > 0;
}

/** A kubelet that can resize reports what its containers have. */
function nodeCanResize({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function listErrors(list: "containers" | "initContainers", pod: Pod, old: Pod): FieldError[] {
  const before = old.spec[list] ?? [];
  const now = pod.spec[list] ?? [];
  if (now.length !== before.length || now.some(({ name }, index) => name !== before[index]?.name)) {
    return [fieldError.forbidden("spec", "containers may not be renamed or reordered on resize")];
  }
  return before.flatMap((container, index) => containerErrors(list, index, now[index] ?? container, container));
}

function containerErrors(list: string, index: number, container: Container, old: Container): FieldError[] {
  const isInit = list === "initContainers";
  if (isInit && old.restartPolicy !== "Always") {
    return sameJson(container, old) ? [] : [fieldError.forbidden("spec", "resources for non-sidecar init containers are immutable")];
  }
  const path = `spec.${list}[${index}].resources`;
  const what = isInit ? "only cpu and memory resources for sidecar containers are mutable" : "only cpu and memory resources are mutable";
  return [
    ...removedErrors(path, container.resources ?? {}, old.resources ?? {}),
    ...(sameJson(withoutComputeChanges(container, old), old) ? [] : [fieldError.forbidden("spec", what)]),
  ];
}

function removedErrors(path: string, now: ResourceRequirements, before: ResourceRequirements): FieldError[] {
  return (["requests", "limits"] as const)
    .filter((list) => Object.keys(before[list] ?? {}).some((name) => now[list]?.[name] === undefined))
    .map((list) => fieldError.forbidden(`${path}.${list}`, `resource ${list} cannot be removed`));
}

/** The container with its old CPU and memory and its old resize policy: what is left must not differ. */
function withoutComputeChanges(container: Container, old: Container): Container {
  const rest = copyJson(container);
  const resources: ResourceRequirements = { ...rest.resources };
  for (const list of ["requests", "limits"] as const) {
    const merged = withCompute(resources[list] ?? {}, old.resources?.[list] ?? {});
    if (Object.keys(merged).length > 0) resources[list] = merged;
    else delete resources[list];
  }
  if (Object.keys(resources).length > 0 || old.resources !== undefined) rest.resources = resources;
  else delete rest.resources;
  return rest;
}

function withCompute(now: ResourceList, before: ResourceList): Record<string, string> {
  const { cpu: _cpu, memory: _memory, ...others } = now;
  return { ...others, ...(before["cpu"] === undefined ? {} : { cpu: before["cpu"] }), ...(before["memory"] === undefined ? {} : { memory: before["memory"] }) };
}
