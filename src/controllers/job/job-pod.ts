/** The pods of a Job: how they are made, and what is read off them. */
import type { Job } from "../../api/batch/v1/job.ts";
import type { Container } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { jobs } from "../../client/resources.ts";
import type { Draft } from "../../machinery/object.ts";
import { controllerReference } from "../shared/owners.ts";
import { podFromTemplate } from "../shared/pod-template.ts";
import { timeMs } from "../shared/time.ts";

/** Keeps an ended pod until the Job has counted it. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
export const indexAnnotation = "batch.kubernetes.io/job-completion-index";
export const failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";
export const ignoredFailureCountAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";
const indexVariable = "JOB_COMPLETION_INDEX";

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === "Indexed";
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) === true;
}

/** undefined for pods without a usable index. */
export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation];
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

function count(pod: Pod, annotation: string): number {
  const text = pod.metadata.annotations?.[annotation];
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : 0;
}

/** How often the pod's index had failed before this pod. */
export function failureCount(pod: Pod): number {
  return count(pod, failureCountAnnotation);
}

export function ignoredFailureCount(pod: Pod): number {
  return count(pod, ignoredFailureCountAnnotation);
}

/** When a failed pod ended; of one that never ran, when it was deleted. */
export function finishedMs(pod: Pod, nowMs: number): number {
  const times = (pod.status?.containerStatuses ?? []).flatMap((status) => status.state?.terminated?.finishedAt ?? []).map(timeMs);
  if (times.length > 0) return Math.max(...times);
  return pod.metadata.deletionTimestamp === undefined ? nowMs : timeMs(pod.metadata.deletionTimestamp);
}

export interface NewPod {
  readonly index?: number;
  /** With backoffLimitPerIndex: failures of this index so far, counted and ignored. */
  readonly failures?: { readonly counted: number; readonly ignored: number };
}

export function jobPod(job: Job, { index, failures }: NewPod): Draft<Pod> {
  const draft = podFromTemplate(job.spec.template, job, controllerReference(job, jobs));
  const finalizers = [...new Set([...(draft.metadata.finalizers ?? []), trackingFinalizer])];
  if (index === undefined) return { ...draft, metadata: { ...draft.metadata, finalizers } };
  const annotations: Record<string, string> = { ...draft.metadata.annotations, [indexAnnotation]: String(index) };
  if (failures !== undefined) {
    annotations[failureCountAnnotation] = String(failures.counted);
    if (failures.ignored > 0) annotations[ignoredFailureCountAnnotation] = String(failures.ignored);
  }
  const labels = { ...draft.metadata.labels, [indexAnnotation]: String(index) };
  const { containers, initContainers } = draft.spec;
  return {
    metadata: { ...draft.metadata, generateName: `${job.metadata.name}-${index}-`, finalizers, labels, annotations },
    spec: {
      ...draft.spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: containers.map(withIndexVariable),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndexVariable) }),
    },
  };
}

function withIndexVariable(container: Container): Container {
  if (container.env?.some((variable) => variable.name === indexVariable)) return container;
  const variable = { name: indexVariable, valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } } };
  return { ...container, env: [...(container.env ?? []), variable] };
}
