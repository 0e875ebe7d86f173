/** Server-side apply: merges a configuration by who owns what; creates what does not exist. */
import type { FieldValidation } from "../../machinery/decode.ts";
import { jsonKind } from "../../machinery/patches/json-value.ts";
import { badRequest } from "../../machinery/status.ts";
import { applyDefaults, decodePatched, linesOf } from "./decode.ts";
import { applyFields } from "./managed.ts";
import type { PatchBody } from "./patch.ts";
import { noPause } from "./pause.ts";
import type { RegistryContext, WriteRequest } from "./requests.ts";
import { changeObject, type Written } from "./update.ts";

export function applyObject(context: RegistryContext, request: WriteRequest, { patch, force, validation, yamlDuplicate }: PatchBody): Promise<Written> {
  const { definition } = request.resource;
  const applied = configuration(patch);
  return changeObject(context, request, {
    mayCreate: request.subresource === "",
    recorded: true,
    next: async (existing) => {
      const merged = applyFields(context, request, existing, applied, force);
      reportDuplicate(request, validation, yamlDuplicate);
      if (request.pause !== noPause) await request.pause();
      // Merging shares parts with both sides; decoding makes a fresh copy. Unknown fields have been refused by then.
      const options = { schema: definition.schema, gvk: definition, validation: "Ignore" as const, warn: () => undefined };
      return applyDefaults(definition, decodePatched({ value: merged, problems: [], shown: () => JSON.stringify(merged) }, options));
    },
  });
}

/** What a body holds: nothing at all is a configuration without fields. Throws 400 for what is none. */
export function configuration(patch: unknown): object {
  if (patch === null || patch === undefined) return {};
  if (typeof patch === "object" && !Array.isArray(patch)) return patch;
  const problem = `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`;
  throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${problem}`);
}

/** After the merge: who owns the fields is the greater problem. */
export function reportDuplicate({ warn }: WriteRequest, validation: FieldValidation, duplicate: string | undefined): void {
  if (duplicate === undefined) return;
  if (validation === "Strict") throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${duplicate}`);
  if (validation === "Warn") for (const line of linesOf(duplicate)) warn(line);
}
