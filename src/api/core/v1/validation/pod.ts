/** Pods on create and update. */

import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each } from "../../../validation.ts";
import { appArmorMatchErrors } from "../pod.app-armor.ts";
import type { Pod } from "../pod.ts";
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

/** What holds for new pods only. */
export function newPodErrors(pod: Pod): FieldError[] {
  const { spec } = pod;
  const errors = [...podAddressErrors("spec", spec), ...appArmorMatchErrors(pod)];
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(fieldError.forbidden("spec.ephemeralContainers", "cannot be set on create"));
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(fieldError.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
  }
  return errors;
}
