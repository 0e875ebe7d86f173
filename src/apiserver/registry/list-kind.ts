import type { AnyResourceDefinition } from "../../api/resource.ts";
import { apiVersionOf, type ListMeta } from "../../machinery/object.ts";
import type { ListResult } from "./read.ts";

/** Kind and apiVersion of a list of these. */
export function listKind(definition: AnyResourceDefinition): { kind: string; apiVersion: string } {
  return { kind: `${definition.kind}List`, apiVersion: apiVersionOf(definition) };
}

export function listMetadata(list: ListResult): ListMeta {
  return {
    resourceVersion: String(list.revision),
    ...(list.continue === "" ? {} : { continue: list.continue }),
    ...(list.remaining === undefined ? {} : { remainingItemCount: list.remaining }),
  };
}
