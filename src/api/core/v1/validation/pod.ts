/** Pods on create and update. */

import { append, joined, none } from "../../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each } from "../../../validation.ts";
import { appArmorMatchErrors } from "../pod.app-armor.ts";
import type { Pod } from "../pod.ts";
import { paddedImageErrors } from "./container.ts";
import { podAddressErrors, restartingInitErrors } from "./late-rules.ts";
import { podAnnotationErrors, podSpecErrors } from "./pod-spec.ts";

/** What holds for pods whenever they are written. */
export function podErrors(pod: Pod): readonly FieldError[] {
  const { spec, metadata } = pod;
  return joined(
    podAnnotationErrors("metadata.annotations", metadata.annotations, spec),
    podSpecErrors("spec", spec, { isPod: true, podName: metadata.name }),
    tokenErrors(pod),
    each(spec.containers, "spec.containers", ({ image }, at) => paddedImageErrors(at, image)),
    each(spec.initContainers, "spec.initContainers", ({ image }, at) => paddedImageErrors(at, image)),
  );
}

function tokenErrors({ spec }: Pod): readonly FieldError[] {
  if (spec.serviceAccountName) return none;
  return each(spec.volumes, "spec.volumes", ({ projected }, at) =>
    each(projected?.sources, `${at}.projected.sources`, ({ serviceAccountToken }, source) =>
      serviceAccountToken === undefined
        ? none
        : [fieldError.forbidden(`${source}.serviceAccountToken`, "must not be specified when serviceAccountName is not set")],
    ),
  );
}

/** What holds for new pods only. */
export function newPodErrors(pod: Pod): readonly FieldError[] {
  const { spec } = pod;
  const errors: FieldError[] = [];
  append(errors, podAddressErrors("spec", spec));
  append(errors, appArmorMatchErrors(pod));
  append(errors, restartingInitErrors("spec", spec));
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(fieldError.forbidden("spec.ephemeralContainers", "cannot be set on create"));
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(fieldError.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
  }
  return errors;
}
