import { joined, none } from "../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { endlessErrors, mismatchError, partErrors } from "../../apps/v1/validation.ts";
import { countErrors } from "../../validation.ts";
import type { PodTemplateSpec } from "./pod-spec.ts";
import type { ReplicationController } from "./replication-controller.ts";
import { podTemplateErrors } from "./validation/pod-spec.ts";

export function replicationControllerErrors({ spec }: ReplicationController): readonly FieldError[] {
  const { selector = {}, template } = spec;
  const path = "spec.template";
  return joined(
    Object.keys(selector).length === 0 ? [fieldError.required("spec.selector")] : none,
    template === undefined ? [fieldError.required(path)] : templateErrors(path, template, selector),
  );
}

/** The old selector is plain equality, whatever its keys look like. */
function templateErrors(path: string, template: PodTemplateSpec, selector: Readonly<Record<string, string>>): readonly FieldError[] {
  const labels = template.metadata?.labels ?? {};
  const fits = Object.entries(selector).every(([key, value]) => labels[key] === value);
  return joined(fits ? none : [mismatchError(path, template)], podTemplateErrors(path, template), endlessErrors(path, template, "ReplicationController"));
}

export function replicationControllerStatusErrors({ status = { replicas: 0 } }: ReplicationController): readonly FieldError[] {
  return joined(
    countErrors("status", status, ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"]),
    partErrors(status, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"], "replicas", "status.replicas"),
    partErrors(status, ["availableReplicas"], "readyReplicas", "readyReplicas"),
  );
}
