import { unqualifiedFinalizers, validateFinalizers } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { Namespace } from "./namespace.ts";

/** Upstream names the list, not the entry. */
export function namespaceErrors(namespace: Namespace): readonly FieldError[] {
  return finalizerErrors(namespace).map((error) => ({ ...error, field: "spec.finalizers" }));
}

/** By /finalize it names the entry. */
export function finalizerErrors({ spec: { finalizers = [] } }: Namespace): readonly FieldError[] {
  return finalizers.flatMap((finalizer, index) => {
    const path = `spec.finalizers[${index}]`;
    return [...validateFinalizers([finalizer], path), ...unqualifiedFinalizers([finalizer], path)].map((error) => ({ ...error, field: path }));
  });
}

/** The phase says the same as the deletion timestamp. */
export function namespaceStatusErrors({ metadata, status }: Namespace): readonly FieldError[] {
  const phase = status?.phase ?? "";
  if (metadata.deletionTimestamp === undefined) {
    return phase === "Active" ? [] : [fieldError.invalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  }
  return phase === "Terminating" ? [] : [fieldError.invalid("status.Phase", phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
}
