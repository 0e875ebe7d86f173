/** Server-side apply: merges a configuration by who owns what; creates what does not exist. */
import { badRequest } from "../../machinery/status.ts";
import { applyDefaults, decodePatched } from "./decode.ts";
import { applyFields } from "./managed.ts";
import type { PatchBody } from "./patch.ts";
import type { RegistryContext, WriteRequest } from "./requests.ts";
import { changeObject, type Written } from "./update.ts";

export function applyObject(context: RegistryContext, request: WriteRequest, { patch, force, validation, yamlDuplicate }: PatchBody): Promise<Written> {
  const { definition } = request.resource;
  const applied = named(patch, request);
  // Duplicate keys are told of once, however often the write is tried.
  if (yamlDuplicate !== undefined) {
    const problem = `error converting YAML to JSON: yaml: unmarshal errors:\n  ${yamlDuplicate}`;
    if (validation === "Strict") throw badRequest(`error strict decoding YAML: ${problem}`);
    if (validation === "Warn") request.warn(problem);
  }
  return changeObject(context, request, {
    mayCreate: request.subresource === "",
    recorded: true,
    next: async (existing) => {
      const merged = applyFields(context, request, existing, applied, force);
      await request.pause();
      // Merging shares parts with both sides; decoding makes a fresh copy. Unknown fields have been refused by then.
      const options = { schema: definition.schema, gvk: definition, validation: "Ignore" as const, warn: () => undefined };
      return applyDefaults(definition, decodePatched(merged, options));
    },
  });
}

/** A configuration that leaves out name and namespace means those of the URL. */
function named(patch: unknown, request: WriteRequest): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const { metadata, ...rest } = patch as { metadata?: unknown };
  if (metadata !== undefined && (typeof metadata !== "object" || metadata === null)) return patch;
  const namespace = request.resource.definition.namespaced ? { namespace: request.namespace } : {};
  return { ...rest, metadata: { name: request.name, ...namespace, ...metadata } };
}
