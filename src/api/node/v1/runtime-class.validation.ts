import { canonicalJson } from "../../../machinery/json.ts";
import { dns1123LabelErrors } from "../../../machinery/names.ts";
import { validateLabels } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { containerResourceNameErrors, resourceListErrors } from "../../core/v1/validation/resources.ts";
import { tolerationErrors } from "../../core/v1/validation/scheduling.ts";
import { duplicates, immutable, matches } from "../../validation.ts";
import type { RuntimeClass } from "./runtime-class.ts";

export function runtimeClassErrors({ handler = "", overhead, scheduling }: RuntimeClass): FieldError[] {
  const tolerations = scheduling?.tolerations ?? [];
  const path = "scheduling.tolerations";
  return [
    ...matches("handler", handler, dns1123LabelErrors),
    ...resourceListErrors("overhead.podFixed", overhead?.podFixed, containerResourceNameErrors),
    ...validateLabels(scheduling?.nodeSelector ?? {}, "scheduling.nodeSelector"),
    ...tolerationErrors(path, tolerations),
    ...duplicates(tolerations, path, canonicalJson, (at, toleration) => fieldError.duplicate(at, toleration)),
  ];
}

export function runtimeClassUpdateErrors(runtimeClass: RuntimeClass, old: RuntimeClass): FieldError[] {
  return immutable("handler", runtimeClass.handler, old.handler);
}
