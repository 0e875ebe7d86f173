/** What an update of a pod may change, through the pod itself and through its subresources. */
import { joined } from "../../../../machinery/joined.ts";
import { canonicalJson, copyJson, sameJson } from "../../../../machinery/json.ts";
import { rangeMessage } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { jsonDiff } from "../../../diff.ts";
import type { Affinity } from "../affinity.ts";
import type { Toleration } from "../common.ts";
import type { Container } from "../container.ts";
import type { Pod } from "../pod.ts";
import type { PodSpec } from "../pod-spec.ts";
import { paddedImageErrors } from "./container.ts";
import { mirrorAnnotation } from "./pod-spec.ts";

const maxInt32 = 2 ** 31 - 1;

const updatableFields = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

export function podUpdateErrors(pod: Pod, old: Pod): readonly FieldError[] {
  const errors = [...mirrorErrors(pod, old)];
  for (const list of ["containers", "initContainers"] as const) {
    const [now, before] = [pod.spec[list] ?? [], old.spec[list] ?? []];
    if (now.length !== before.length) return [...errors, fieldError.forbidden(`spec.${list}`, "pod updates may not add or remove containers")];
    errors.push(...now.flatMap(({ image }, index) => paddedImageErrors(`spec.${list}[${index}]`, image)));
  }
  errors.push(
    ...deadlineErrors(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds),
    ...tolerationErrors(pod.spec.tolerations ?? [], old.spec.tolerations ?? []),
    ...gateErrors(pod.spec, old.spec),
  );
  if (sameJson(pod.spec, old.spec)) return errors;
  return joined(errors, gatedErrors(pod.spec, old.spec), otherFieldErrors(pod.spec, old.spec));
}

/** Mirror pods stand for what a kubelet runs by itself: nobody can turn one into something else. */
function mirrorErrors(pod: Pod, old: Pod): readonly FieldError[] {
  const path = `metadata.annotations[${mirrorAnnotation}]`;
  const now = pod.metadata.annotations?.[mirrorAnnotation];
  const before = old.metadata.annotations?.[mirrorAnnotation];
  if (now === before) return [];
  return [fieldError.forbidden(path, before === undefined ? "may not add mirror pod annotation" : "may not remove or update mirror pod annotation")];
}

/** A deadline can be set, and come nearer. */
function deadlineErrors(now: number | undefined, before: number | undefined): readonly FieldError[] {
  const path = "spec.activeDeadlineSeconds";
  if (now === undefined) return before === undefined ? [] : [fieldError.invalid(path, null, "must not update from a positive integer to nil value")];
  if (now < 0 || now > maxInt32) return [fieldError.invalid(path, now, rangeMessage(0, maxInt32))];
  return before !== undefined && before < now ? [fieldError.invalid(path, now, "must be less than or equal to previous value")] : [];
}

function tolerationErrors(now: readonly Toleration[], before: readonly Toleration[]): readonly FieldError[] {
  const withoutSeconds = ({ tolerationSeconds: _, ...rest }: Toleration) => canonicalJson(rest);
  const there = new Set(now.map(withoutSeconds));
  const kept = before.every((old) => there.has(withoutSeconds(old)));
  return kept ? [] : [fieldError.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")];
}

function gateErrors(spec: PodSpec, old: PodSpec): readonly FieldError[] {
  const known = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return (spec.schedulingGates ?? []).flatMap(({ name }, index) =>
    known.has(name) ? [] : [fieldError.forbidden(`spec.schedulingGates[${index}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`)],
  );
}

const isGated = (spec: PodSpec) => (spec.schedulingGates ?? []).length > 0;

/** KEP-3838: while it is gated, a pod's choice of nodes may be narrowed. */
function gatedErrors(spec: PodSpec, old: PodSpec): readonly FieldError[] {
  if (!isGated(old)) return [];
  return joined(selectorErrors(spec, old), affinityErrors(spec.affinity?.nodeAffinity, old.affinity?.nodeAffinity));
}

function selectorErrors(spec: PodSpec, old: PodSpec): readonly FieldError[] {
  const changed = Object.entries(old.nodeSelector ?? {}).some(([key, value]) => spec.nodeSelector?.[key] !== value);
  return changed
    ? [fieldError.invalid("spec.nodeSelector", spec.nodeSelector ?? {}, "only additions to spec.nodeSelector are allowed (no mutations or deletions)")]
    : [];
}

type NodeAffinity = NonNullable<Affinity["nodeAffinity"]>;

function affinityErrors(now: NodeAffinity | undefined, before: NodeAffinity | undefined): readonly FieldError[] {
  const path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
  const oldTerms = before?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const terms = now?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (oldTerms.length === 0) return [];
  if (terms.length !== oldTerms.length) return [fieldError.invalid(path, terms, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")];
  return oldTerms.flatMap((old, index) => {
    const term = terms[index] ?? {};
    const kept = (["matchExpressions", "matchFields"] as const).every((list) =>
      (old[list] ?? []).every((requirement, at) => sameJson(requirement, term[list]?.[at])),
    );
    return kept ? [] : [fieldError.invalid(`${path}[${index}]`, term, "only additions are allowed (no mutations or deletions)")];
  });
}

/** Takes back every change that is allowed; whatever still differs is not. */
function otherFieldErrors(spec: PodSpec, old: PodSpec): readonly FieldError[] {
  const rest = copyJson(spec);
  for (const list of ["containers", "initContainers"] as const) takeBackImages(rest[list] ?? [], old[list] ?? []);
  const grace = old.terminationGracePeriodSeconds;
  const fields: (keyof PodSpec)[] = ["activeDeadlineSeconds", "schedulingGates", "tolerations"];
  if (grace !== undefined && grace < 0 && rest.terminationGracePeriodSeconds === 1) fields.push("terminationGracePeriodSeconds");
  if (isGated(old)) fields.push("nodeSelector");
  for (const field of fields) takeBack(rest, old, field);
  if (isGated(old)) takeBackNodeAffinity(rest, old);
  if (sameJson(rest, old)) return [];
  return [fieldError.forbidden("spec", `pod updates may not change fields other than ${updatableFields.join(",")}\n${jsonDiff(old, rest)}`)];
}

function takeBackImages(containers: readonly Container[], old: readonly Container[]): void {
  for (const [index, container] of containers.entries()) takeBack(container, old[index] ?? container, "image");
}

function takeBack<T extends object>(target: T, old: T, field: keyof T): void {
  const value = old[field];
  if (value === undefined) delete target[field];
  else target[field] = value;
}

function takeBackNodeAffinity(spec: PodSpec, old: PodSpec): void {
  const affinity: Affinity = { ...spec.affinity };
  takeBack(affinity, old.affinity ?? {}, "nodeAffinity");
  if (Object.keys(affinity).length === 0 && old.affinity === undefined) delete spec.affinity;
  else spec.affinity = affinity;
}

/** /ephemeralcontainers: containers can be added; those there are stay as they are. */
export function ephemeralContainersUpdateErrors(pod: Pod, old: Pod): readonly FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) return [fieldError.forbidden("[]", "static pods do not support ephemeral containers")];
  const path = "spec.ephemeralContainers";
  const byName = new Map((pod.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return (old.spec.ephemeralContainers ?? []).flatMap((before) => {
    const now = byName.get(before.name);
    if (now === undefined) return [fieldError.forbidden(path, `existing ephemeral containers "${before.name}" may not be removed\n`)];
    if (sameJson(now, before)) return [];
    return [fieldError.forbidden(path, `existing ephemeral containers "${before.name}" may not be changed\n${jsonDiff(before, now)}`)];
  });
}
