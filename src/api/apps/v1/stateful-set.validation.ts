import { joined, none } from "../../../machinery/joined.ts";
import { copyJson, sameJson } from "../../../machinery/json.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { countErrors } from "../../validation.ts";
import type { StatefulSet, StatefulSetSpec } from "./stateful-set.ts";
import {
  atMostAllErrors,
  collisionErrors,
  countOrPercentErrors,
  endlessErrors,
  isReadable,
  isSome,
  partErrors,
  workloadSelectorErrors,
  workloadTemplateErrors,
} from "./validation.ts";

export function statefulSetErrors({ spec }: StatefulSet): readonly FieldError[] {
  return joined(
    managementErrors(spec),
    strategyErrors(spec),
    retentionErrors(spec),
    workloadSelectorErrors("spec.selector", spec.selector, "statefulset", { unreadable: "" }),
    isReadable(spec.selector)
      ? workloadTemplateErrors("spec.template", spec.template, spec.selector, "StatefulSet")
      : endlessErrors("spec.template", spec.template ?? {}, "StatefulSet"),
  );
}

function managementErrors({ podManagementPolicy }: StatefulSetSpec): readonly FieldError[] {
  if (!podManagementPolicy) return [fieldError.required("spec.podManagementPolicy")];
  if (podManagementPolicy === "OrderedReady" || podManagementPolicy === "Parallel") return [];
  return [fieldError.invalid("spec.podManagementPolicy", podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")];
}

function strategyErrors({ updateStrategy = {} }: StatefulSetSpec): readonly FieldError[] {
  const path = "spec.updateStrategy";
  const { type, rollingUpdate } = updateStrategy;
  if (!type) return [fieldError.required(path)];
  if (type === "OnDelete") {
    return rollingUpdate === undefined ? [] : [fieldError.invalid(`${path}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (type !== "RollingUpdate") return [fieldError.invalid(path, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  const maxUnavailable = rollingUpdate?.maxUnavailable;
  if (maxUnavailable === undefined) return [];
  const at = `${path}.rollingUpdate.maxUnavailable`;
  return joined(
    countOrPercentErrors(at, maxUnavailable),
    isSome(maxUnavailable) ? none : [fieldError.invalid(at, maxUnavailable, "cannot be 0")],
    atMostAllErrors(at, maxUnavailable),
  );
}

const retentions = ["Retain", "Delete"];

function retentionErrors({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec): readonly FieldError[] {
  if (policy === undefined) return [];
  return (["whenDeleted", "whenScaled"] as const)
    .filter((field) => !retentions.includes(policy[field] ?? ""))
    .map((field) => fieldError.notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, policy[field] ?? "", retentions));
}

const updatable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;
const updateMessage =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export function statefulSetUpdateErrors({ spec }: StatefulSet, old: StatefulSet): readonly FieldError[] {
  return sameJson(fixedPart(spec), fixedPart(old.spec)) ? [] : [fieldError.forbidden("spec", updateMessage)];
}

function fixedPart(spec: StatefulSetSpec): Partial<StatefulSetSpec> {
  // What was stored before it was shown though empty has none.
  const rest: Partial<StatefulSetSpec> = { serviceName: "", ...copyJson(spec) };
  for (const field of updatable) delete rest[field];
  return rest;
}

const statusCounts = ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration", "collisionCount"] as const;

export function statefulSetStatusErrors({ status = { replicas: 0 } }: StatefulSet, old: StatefulSet): readonly FieldError[] {
  return joined(
    countErrors("status", status, statusCounts),
    partErrors(status, ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"], "replicas", "status.replicas"),
    partErrors(status, ["availableReplicas"], "readyReplicas", "status.readyReplicas"),
    collisionErrors(status.collisionCount, old.status?.collisionCount),
  );
}
