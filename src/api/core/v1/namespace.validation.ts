import { unqualifiedFinalizers, validateFinalizers } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { Namespace } from "./namespace.ts";

/** Upstream names the list, not the entry. */
export function namespaceErrors({ spec }: Namespace): FieldError[] {
  const { finalizers = [] } = spec;
  const errors = [...validateFinalizers(finalizers, "spec.finalizers"), ...unqualifiedFinalizers(finalizers, "spec.finalizers")];
  return errors.map((error) => ({ ...error, field: "spec.finalizers" }));
}

/** The phase says the same as the deletion timestamp. */
export function namespaceStatusErrors({ metadata, status }: Namespace): FieldError[] {
  const phase = status?.phase ?? "";
  if (metadata.deletionTimestamp === undefined) {
    return phase === "Active" ? [] : [fieldError.invalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  }
  return phase === "Terminating" ? [] : [fieldError.invalid("status.Phase", phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
}
