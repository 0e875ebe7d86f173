/** PATCH of all types: what a patch makes of an object goes the way of an update. */

import type { FieldValidation } from "../../machinery/decode.ts";
import { withNulls } from "../../machinery/nil-fields.ts";
import { apiVersionOf, type GroupVersionKind } from "../../machinery/object.ts";
import { applyJsonPatch } from "../../machinery/patches/json-patch.ts";
import { goText } from "../../machinery/patches/json-value.ts";
import { applyMergePatch } from "../../machinery/patches/merge-patch.ts";
import { applyStrategicMergePatch } from "../../machinery/patches/strategic-merge.ts";
import type { MessageSchema } from "../../machinery/schema.ts";
import { notFound } from "../../machinery/status.ts";
import type { PatchType } from "../../machinery/transport.ts";
import { applyObject } from "./apply.ts";
import { applyDefaults, decodePatched, invalidPatch, type Patched } from "./decode.ts";
import { converterProblem, type PatchProblems } from "./patch-problems.ts";
import { noPause } from "./pause.ts";
import type { RegistryContext, WriteRequest } from "./requests.ts";
import { changeObject, type Written } from "./update.ts";

export interface PatchBody extends PatchProblems {
  readonly type: PatchType;
  /** Decoded JSON or YAML; not to be changed. */
  readonly patch: unknown;
  readonly force: boolean;
  readonly validation: FieldValidation;
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
      // What a patch shares with the frozen original is copied by decoding it.
      const patched = patchedBy(definition.schema, existing, body);
      if (request.pause !== noPause) await request.pause();
      if (body.type !== "strategic") checkKind(patched, definition);
      const options = { schema: definition.schema, gvk: definition, validation: body.validation, warn };
      return applyDefaults(definition, decodePatched(patched, options));
    },
  });
}

/** Shares what it does not change with the object. Throws 400, 413 and 422. */
export function patchedBy(schema: MessageSchema, existing: object, { type, patch, problems }: PatchBody): Patched {
  if (type === "strategic") {
    const value = applyStrategicMergePatch(schema, existing, patch);
    return { value, problems, shown: () => goText(patch), explain: converterProblem };
  }
  // What a client has seen it may test and take away.
  const value: unknown = type === "json" ? applyJsonPatch(withNulls(schema, existing), patch) : applyMergePatch(existing, patch);
  return { value, problems, shown: () => JSON.stringify(value) };
}

/** JSON and merge patches make text, which is read as what it says it is. */
function checkKind({ value, shown }: Patched, definition: GroupVersionKind): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const { kind, apiVersion } = value as { kind?: unknown; apiVersion?: unknown };
  if (kind === undefined || kind === "") throw invalidPatch(shown(), `Object 'Kind' is missing in '${shown()}'`);
  if (apiVersion === undefined || apiVersion === "") throw invalidPatch(shown(), `Object 'apiVersion' is missing in '${shown()}'`);
  if (kind === definition.kind && apiVersion === apiVersionOf(definition)) return;
  throw invalidPatch(shown(), `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} where a ${definition.kind} is expected`);
}
