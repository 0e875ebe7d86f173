/** Deployments, ReplicaSets, DaemonSets and ControllerRevisions (pkg/apis/apps/validation). */
import { joined, none } from "../../../machinery/joined.ts";
import type { LabelSelector } from "../../../machinery/meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { PodTemplateSpec } from "../../core/v1/pod-spec.ts";
import { countErrors, immutable } from "../../validation.ts";
import type { ControllerRevision } from "./controller-revision.ts";
import type { DaemonSet, DaemonSetStatus, DaemonSetUpdateStrategy } from "./daemon-set.ts";
import type { Deployment, DeploymentStrategy } from "./deployment.ts";
import type { ReplicaSet } from "./replica-set.ts";
import {
  atMostAllErrors,
  collisionErrors,
  countOrPercentErrors,
  isReadable,
  isSome,
  partErrors,
  workloadSelectorErrors,
  workloadTemplateErrors,
} from "./validation.ts";

export function deploymentErrors({ spec }: Deployment): readonly FieldError[] {
  const { selector, template, strategy, progressDeadlineSeconds, minReadySeconds = 0 } = spec;
  const errors = [...replicaSetPartsErrors(selector, template), ...deploymentStrategyErrors("spec.strategy", strategy ?? {})];
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    errors.push(fieldError.invalid("spec.progressDeadlineSeconds", progressDeadlineSeconds, "must be greater than minReadySeconds"));
  }
  return errors;
}

function deploymentStrategyErrors(path: string, strategy: DeploymentStrategy): readonly FieldError[] {
  const { type, rollingUpdate } = strategy;
  const at = `${path}.rollingUpdate`;
  if (type === "Recreate") return rollingUpdate === undefined ? [] : [fieldError.forbidden(at, "may not be specified when strategy `type` is 'Recreate'")];
  if (type !== "RollingUpdate") return [fieldError.notSupported(path, strategy, ["Recreate", "RollingUpdate"])];
  if (rollingUpdate === undefined) return [fieldError.required(at, "this should be defaulted and never be nil")];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  return joined(
    countOrPercentErrors(`${at}.maxUnavailable`, maxUnavailable),
    countOrPercentErrors(`${at}.maxSurge`, maxSurge),
    isSome(maxUnavailable) || isSome(maxSurge) ? none : [fieldError.invalid(`${at}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0")],
    atMostAllErrors(`${at}.maxUnavailable`, maxUnavailable),
  );
}

export function deploymentUpdateErrors({ spec }: Deployment, old: Deployment): readonly FieldError[] {
  return immutable("spec.selector", spec.selector, old.spec.selector);
}

const deploymentCounts = [
  "observedGeneration",
  "replicas",
  "updatedReplicas",
  "terminatingReplicas",
  "readyReplicas",
  "availableReplicas",
  "unavailableReplicas",
  "collisionCount",
] as const;

export function deploymentStatusErrors({ status = {} }: Deployment, old: Deployment): readonly FieldError[] {
  return joined(
    countErrors("status", status, deploymentCounts),
    partErrors(status, ["updatedReplicas", "readyReplicas", "availableReplicas"], "replicas", "status.replicas"),
    partErrors(status, ["availableReplicas"], "readyReplicas", "readyReplicas"),
    collisionErrors(status.collisionCount, old.status?.collisionCount),
  );
}

export function replicaSetErrors({ spec }: ReplicaSet): readonly FieldError[] {
  return replicaSetPartsErrors(spec.selector, spec.template);
}

/** Selector and template of ReplicaSets, and of Deployments, which make them; behind a selector that cannot be read the template is not looked at. */
function replicaSetPartsErrors(selector: LabelSelector | undefined, template: PodTemplateSpec | undefined): readonly FieldError[] {
  const errors = workloadSelectorErrors("spec.selector", selector, "deployment", { unreadable: "invalid label selector" });
  return isReadable(selector) ? [...errors, ...workloadTemplateErrors("spec.template", template, selector, "ReplicaSet")] : errors;
}

export function replicaSetUpdateErrors({ spec }: ReplicaSet, old: ReplicaSet): readonly FieldError[] {
  return immutable("spec.selector", spec.selector, old.spec.selector);
}

const replicaSetCounts = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"] as const;

export function replicaSetStatusErrors({ status = { replicas: 0 } }: ReplicaSet): readonly FieldError[] {
  return joined(
    countErrors("status", status, replicaSetCounts),
    partErrors(status, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"], "replicas", "status.replicas"),
    partErrors(status, ["availableReplicas"], "readyReplicas", "readyReplicas"),
  );
}

export function daemonSetErrors({ spec }: DaemonSet, old?: DaemonSet): readonly FieldError[] {
  return joined(
    spec.selector === undefined ? none : workloadSelectorErrors("spec.selector", spec.selector, "daemonset", { old: old?.spec.selector }),
    workloadTemplateErrors("spec.template", spec.template, spec.selector, "DaemonSet"),
    daemonSetStrategyErrors("spec.updateStrategy", spec.updateStrategy ?? {}),
  );
}

function daemonSetStrategyErrors(path: string, strategy: DaemonSetUpdateStrategy): readonly FieldError[] {
  if (strategy.type === "OnDelete") return [];
  if (strategy.type !== "RollingUpdate") return [fieldError.notSupported(path, strategy, ["RollingUpdate", "OnDelete"])];
  const at = `${path}.rollingUpdate`;
  if (strategy.rollingUpdate === undefined) return [fieldError.required(at)];
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate;
  const errors = (["maxUnavailable", "maxSurge"] as const).flatMap((field) =>
    joined(countOrPercentErrors(`${at}.${field}`, strategy.rollingUpdate?.[field]), atMostAllErrors(`${at}.${field}`, strategy.rollingUpdate?.[field])),
  );
  if (isSome(maxUnavailable) && isSome(maxSurge)) errors.push(fieldError.invalid(`${at}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  if (!isSome(maxUnavailable) && !isSome(maxSurge)) errors.push(fieldError.required(`${at}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  return errors;
}

export function daemonSetUpdateErrors({ spec }: DaemonSet, old: DaemonSet): readonly FieldError[] {
  return immutable("spec.selector", spec.selector, old.spec.selector);
}

const daemonSetCounts = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
] as const;

export function daemonSetStatusErrors({ status }: DaemonSet, old: DaemonSet): readonly FieldError[] {
  return joined(countErrors("status", status ?? ({} as DaemonSetStatus), daemonSetCounts), collisionErrors(status?.collisionCount, old.status?.collisionCount));
}

export function controllerRevisionErrors({ data }: ControllerRevision): readonly FieldError[] {
  return data === undefined || data === null ? [fieldError.required("data", "data is mandatory")] : [];
}

export function controllerRevisionUpdateErrors({ data }: ControllerRevision, old: ControllerRevision): readonly FieldError[] {
  return immutable("data", data, old.data);
}
