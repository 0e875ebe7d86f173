/** Pods on create and update. */

import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each } from "../../../validation.ts";
import { appArmorMatchErrors } from "../pod.app-armor.ts";
import type { Pod } from "../pod.ts";
import type { PodSpec } from "../pod-spec.ts";
import { podAddressErrors } from "./addresses.ts";
import { paddedImageErrors } from "./container.ts";
import { podAnnotationErrors, podSpecErrors } from "./pod-spec.ts";

/** What holds for pods whenever they are written. */
export function podErrors(pod: Pod): FieldError[] {
  const { spec, metadata } = pod;
  return [
    ...podAnnotationErrors("metadata.annotations", metadata.annotations, spec),
    ...podSpecErrors("spec", spec, { isPod: true, ...(metadata.name ? { podName: metadata.name } : {}) }),
    ...tokenErrors(pod),
    ...each(spec.containers, "spec.containers", ({ image }, at) => paddedImageErrors(at, image)),
    ...each(spec.initContainers, "spec.initContainers", ({ image }, at) => paddedImageErrors(at, image)),
  ];
}

function tokenErrors({ spec }: Pod): FieldError[] {
  if (spec.serviceAccountName) return [];
  return each(spec.volumes, "spec.volumes", ({ projected }, at) =>
    each(projected?.sources, `${at}.projected.sources`, ({ serviceAccountToken }, source) =>
      serviceAccountToken === undefined
        ? []
        : [fieldError.forbidden(`${source}.serviceAccountToken`, "must not be specified when serviceAccountName is not set")],
    ),
  );
}

/** A plain init container was never restarted for new resources: the policy would be an empty promise. */
function restartingInitErrors({ initContainers }: PodSpec): FieldError[] {
  return each(initContainers, "spec.initContainers", ({ restartPolicy: own, resizePolicy }, at) =>
    each(own === "Always" ? [] : resizePolicy, `${at}.resizePolicy`, ({ restartPolicy }, policy) =>
      restartPolicy === "RestartContainer"
        ? [fieldError.invalid(`${policy}.restartPolicy`, restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers")]
        : [],
    ),
  );
}

/** What holds for new pods only. */
export function newPodErrors(pod: Pod): FieldError[] {
  const { spec } = pod;
  const errors = [...podAddressErrors("spec", spec), ...appArmorMatchErrors(pod), ...restartingInitErrors(spec)];
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(fieldError.forbidden("spec.ephemeralContainers", "cannot be set on create"));
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(fieldError.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
  }
  return errors;
}
