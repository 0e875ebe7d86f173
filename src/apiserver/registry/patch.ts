/** PATCH of all types: what a patch makes of an object goes the way of an update. */

import type { FieldValidation } from "../../machinery/decode.ts";
import { copyJson } from "../../machinery/json.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { applyJsonPatch } from "../../machinery/patches/json-patch.ts";
import { applyMergePatch } from "../../machinery/patches/merge-patch.ts";
import { applyStrategicMergePatch } from "../../machinery/patches/strategic-merge.ts";
import { notFound } from "../../machinery/status.ts";
import type { PatchType } from "../../machinery/transport.ts";
import { applyObject } from "./apply.ts";
import { applyDefaults, decodePatched } from "./decode.ts";
import type { RegistryContext, WriteRequest } from "./requests.ts";
import { changeObject, type Written } from "./update.ts";

export interface PatchBody {
  readonly type: PatchType;
  /** Decoded JSON or YAML; not to be changed. */
  readonly patch: unknown;
  readonly force: boolean;
  readonly validation: FieldValidation;
  /** Paths of duplicate keys found in the patch itself. */
  readonly duplicates: readonly string[];
  /** The first of them in Go's words for YAML, which is what a configuration to apply is. */
  readonly yamlDuplicate: string | undefined;
}

export function patchObject(context: RegistryContext, request: WriteRequest, body: PatchBody): Promise<Written> {
  if (body.type === "apply") return applyObject(context, request, body);
  const { definition, groupResource } = request.resource;
  // A body is decoded again after a lost race: its warnings are for the client to see once.
  const warned = new Set<string>();
  const warn = (text: string) => {
    if (!warned.has(text)) request.warn(text);
    warned.add(text);
  };
  return changeObject(context, request, {
    mayCreate: false,
    next: async (existing) => {
      if (existing === undefined) throw notFound(groupResource, request.name);
      // Patches share what they do not change with the frozen original; decoding makes a fresh copy.
      const patched = patchedValue(request, existing, body);
      await request.pause();
      const options = { schema: definition.schema, gvk: definition, validation: body.validation, warn };
      return applyDefaults(definition, decodePatched(patched, options, body.duplicates));
    },
  });
}

function patchedValue(request: WriteRequest, existing: KubeObject, { type, patch }: PatchBody): unknown {
  switch (type) {
    case "json":
      return applyJsonPatch(existing, patch);
    case "merge":
      return applyMergePatch(existing, patch);
    case "strategic":
      return applyStrategicMergePatch(request.resource.definition.schema, existing, patch);
    default:
      return copyJson(existing);
  }
}
