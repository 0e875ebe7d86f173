import { joined } from "../../../machinery/joined.ts";
import { canonicalJson } from "../../../machinery/json.ts";
import { dns1123LabelErrors } from "../../../machinery/names.ts";
import { validateLabels } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { Toleration } from "../../core/v1/common.ts";
import { containerResourceNameErrors, resourceListErrors } from "../../core/v1/validation/resources.ts";
import { tolerationErrors } from "../../core/v1/validation/scheduling.ts";
import { duplicates, immutable, matches } from "../../validation.ts";
import type { RuntimeClass } from "./runtime-class.ts";

export function runtimeClassErrors({ handler = "", overhead, scheduling }: RuntimeClass): readonly FieldError[] {
  const tolerations = scheduling?.tolerations ?? [];
  const path = "scheduling.tolerations";
  return joined(
    matches("handler", handler, dns1123LabelErrors),
    // The path is that of the resource requirements which upstream checks it as.
    resourceListErrors("overhead.limits", overhead?.podFixed, containerResourceNameErrors),
    validateLabels(scheduling?.nodeSelector ?? {}, "scheduling.nodeSelector"),
    // Upstream names the list twice where it checks one, and once where it compares them.
    tolerationErrors(`${path}.tolerations`, tolerations),
    duplicates(tolerations, path, tolerationKey, (at, toleration) => fieldError.duplicate(at, toleration)),
  );
}

/** How long is tolerated tells no two apart. */
function tolerationKey({ tolerationSeconds: _, ...rest }: Toleration): string {
  return canonicalJson(rest);
}

export function runtimeClassUpdateErrors(runtimeClass: RuntimeClass, old: RuntimeClass): readonly FieldError[] {
  return immutable("handler", runtimeClass.handler ?? "", old.handler);
}
