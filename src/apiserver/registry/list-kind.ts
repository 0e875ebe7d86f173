import type { AnyResourceDefinition } from "../../api/resource.ts";
import { apiVersionOf } from "../../machinery/object.ts";

/** Kind and apiVersion of a list of these. */
export function listKind(definition: AnyResourceDefinition): { kind: string; apiVersion: string } {
  return { kind: `${definition.kind}List`, apiVersion: apiVersionOf(definition) };
}
