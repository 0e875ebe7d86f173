/** Options of writes, from the query and, for deletes, from the body: CreateOptions, UpdateOptions, PatchOptions, DeleteOptions. */
import type { FieldValidation } from "../machinery/decode.ts";
import { type DeleteOptions, deleteOptions } from "../machinery/meta.ts";
import { validateFieldManager } from "../machinery/object-meta.ts";
import { badRequest, type FieldError, fieldError, invalid } from "../machinery/status.ts";
import { type Body, decodeBody, type Refusals } from "./registry/decode.ts";
import type { DeletionOptions } from "./registry/deletion.ts";
import { booleanOf, integerOf } from "./registry/list-options.ts";
import { deleteOptionsMismatch } from "./registry/registered-kinds.ts";

export interface WriteQuery {
  readonly dryRun: boolean;
  /** "" when not given. */
  readonly fieldManager: string;
  readonly validation: FieldValidation;
  readonly force: boolean | undefined;
  /** As sent, for admission. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** `kind` is that of the options, for messages. Throws 422. */
export function parseWriteQuery(query: URLSearchParams, kind: WriteOptionsKind, isApply = false): WriteQuery {
  // As most are.
  if (query.size === 0 && !isApply) return noOptions[kind];
  const dryRun = query.getAll("dryRun");
  const fieldManager = query.get("fieldManager") ?? "";
  const validation = query.get("fieldValidation") ?? "";
  const force = booleanOf(query, "force");
  const isForced = force !== undefined && kind === "PatchOptions" && !isApply;
  const errors = [
    ...(isForced ? [fieldError.forbidden("force", "may not be specified for non-apply patch")] : []),
    ...fieldManagerErrors(fieldManager, isApply),
    ...dryRunErrors(dryRun),
    ...validationErrors(validation),
  ];
  if (errors.length > 0) throw invalid("meta.k8s.io", kind, "", errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    validation: validation === "" ? "Warn" : (validation as FieldValidation),
    force,
    options: optionsObject(kind, { dryRun: dryRun.length > 0 ? dryRun : undefined, fieldManager, fieldValidation: validation, force }),
  };
}

type WriteOptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";

function withoutOptions(kind: WriteOptionsKind): WriteQuery {
  return Object.freeze({ dryRun: false, fieldManager: "", validation: "Warn", force: undefined, options: Object.freeze(optionsObject(kind, {})) });
}

const noOptions: Readonly<Record<WriteOptionsKind, WriteQuery>> = {
  CreateOptions: withoutOptions("CreateOptions"),
  UpdateOptions: withoutOptions("UpdateOptions"),
  PatchOptions: withoutOptions("PatchOptions"),
};

function optionsObject(kind: string, fields: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  return { kind, apiVersion: "meta.k8s.io/v1", ...Object.fromEntries(given) };
}

function dryRunErrors(values: readonly string[]): readonly FieldError[] {
  return values.some((value) => value !== "All") ? [fieldError.notSupported("dryRun", values, ["All"])] : [];
}

function fieldManagerErrors(manager: string, required: boolean): readonly FieldError[] {
  if (manager === "" && required) return [fieldError.required("fieldManager", "is required for apply patch")];
  return validateFieldManager(manager, "fieldManager");
}

function validationErrors(value: string): readonly FieldError[] {
  return ["", "Ignore", "Warn", "Strict"].includes(value) ? [] : [fieldError.notSupported("fieldValidation", value, ["", "Ignore", "Strict", "Warn"])];
}

export interface DeleteQuery {
  readonly dryRun: boolean;
  readonly deletion: DeletionOptions;
  readonly options: Readonly<Record<string, unknown>>;
}

const propagationPolicies = ["Foreground", "Background", "Orphan"];

/** A body wins over the query. Throws 400 and 422. */
export function parseDeleteOptions(query: URLSearchParams, body: Body | undefined, { group, version }: { group: string; version: string }): DeleteQuery {
  const options = body === undefined ? fromQuery(query) : fromBody(body, { group, version });
  checkDeleteOptions(options);
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } = options;
  const deletion: DeletionOptions = {
    // A negative grace has meant one second ever since it was first let through.
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy: propagationPolicy as NonNullable<DeletionOptions["propagationPolicy"]> }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
  return { dryRun: (options.dryRun ?? []).length > 0, deletion, options: optionsObject("DeleteOptions", { ...options }) };
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const grace = integerOf(query, "gracePeriodSeconds");
  const policy = query.get("propagationPolicy");
  const orphan = booleanOf(query, "orphanDependents");
  const dryRun = query.getAll("dryRun");
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === null || policy === "" ? {} : { propagationPolicy: policy }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  };
}

function fromBody(body: Body, group: { group: string; version: string }): DeleteOptions {
  const gvk = { ...group, kind: "DeleteOptions" };
  const { metadata: _none, ...options } = decodeBody(body, { schema: deleteOptions, gvk, validation: "Ignore", refusals, warn: () => undefined });
  return options as unknown as DeleteOptions;
}

/** Upstream passes on what its decoder says, without a word of its own. DeleteOptions are the same in all versions. */
const refusals: Refusals = {
  mismatch: deleteOptionsMismatch,
  unreadable: (_wanted, problem) => badRequest(problem),
  unfit: (_found, _wanted, problem) => badRequest(problem),
};

/** Throws 422. */
export function checkDeleteOptions(options: DeleteOptions): void {
  const errors = deleteErrors(options);
  if (errors.length > 0) throw invalid("meta.k8s.io", "DeleteOptions", "", errors);
}

function deleteErrors({ propagationPolicy, orphanDependents, dryRun }: DeleteOptions): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(fieldError.invalid("propagationPolicy", propagationPolicy, "orphanDependents and deletionPropagation cannot be both set"));
  }
  if (propagationPolicy !== undefined && !propagationPolicies.includes(propagationPolicy)) {
    errors.push(fieldError.notSupported("propagationPolicy", propagationPolicy, [...propagationPolicies, "nil"]));
  }
  return [...errors, ...dryRunErrors(dryRun ?? [])];
}

export function requireName(name: string): void {
  if (name === "") throw badRequest("name is required");
}
