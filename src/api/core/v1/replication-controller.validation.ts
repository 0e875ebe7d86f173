import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { partErrors, workloadTemplateErrors } from "../../apps/v1/validation.ts";
import { countErrors } from "../../validation.ts";
import type { ReplicationController } from "./replication-controller.ts";

export function replicationControllerErrors({ spec }: ReplicationController): FieldError[] {
  const selector = spec.selector ?? {};
  return [
    ...(Object.keys(selector).length === 0 ? [fieldError.required("spec.selector")] : []),
    ...workloadTemplateErrors("spec.template", spec.template, { matchLabels: selector }, "ReplicationController"),
  ];
}

export function replicationControllerStatusErrors({ status = { replicas: 0 } }: ReplicationController): FieldError[] {
  return [
    ...countErrors("status", status, ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"]),
    ...partErrors(status, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"], "replicas", "status.replicas"),
    ...partErrors(status, ["availableReplicas"], "readyReplicas", "readyReplicas"),
  ];
}
