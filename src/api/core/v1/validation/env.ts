/** Environment variables and where they come from. */
import { joined, none } from "../../../../machinery/joined.ts";
import { configMapKeyErrors, dns1123SubdomainErrors, relaxedEnvVarNameErrors } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { countSet, each, label, matches, optional, required, requiredName, requiredNameField } from "../../../validation.ts";
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from "../container.ts";
import { envFieldPaths, fieldReferenceErrors, resourceReferenceErrors } from "./downward-api.ts";
import { nonReservedPathErrors } from "./paths.ts";

export function envErrors(path: string, variables: readonly EnvVar[]): readonly FieldError[] {
  return each(variables, path, ({ name, value, valueFrom }, at) =>
    joined(
      requiredNameField(at, "name", name, relaxedEnvVarNameErrors),
      valueFrom === undefined ? none : valueFromErrors(`${at}.valueFrom`, valueFrom, value ?? ""),
    ),
  );
}

function valueFromErrors(path: string, source: EnvVarSource, value: string): readonly FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  return joined(
    fieldRef === undefined ? none : fieldReferenceErrors(`${path}.fieldRef`, fieldRef, envFieldPaths),
    resourceFieldRef === undefined ? none : resourceReferenceErrors(`${path}.resourceFieldRef`, resourceFieldRef, false),
    configMapKeyRef === undefined ? none : keyErrors(`${path}.configMapKeyRef`, configMapKeyRef),
    secretKeyRef === undefined ? none : keyErrors(`${path}.secretKeyRef`, secretKeyRef),
    fileKeyRef === undefined ? none : fileKeyErrors(`${path}.fileKeyRef`, fileKeyRef),
    sourceCountErrors(path, countSet(fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef), value),
  );
}

function sourceCountErrors(path: string, count: number, value: string): readonly FieldError[] {
  if (count === 0) {
    return [fieldError.invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")];
  }
  if (value !== "") return [fieldError.invalid(path, "", "may not be specified when `value` is not empty")];
  return count > 1 ? [fieldError.invalid(path, "", "may not have more than one field specified at a time")] : none;
}

function keyErrors(path: string, { name, key }: { name?: string; key?: string }): readonly FieldError[] {
  return joined(matches(`${path}.name`, name ?? "", dns1123SubdomainErrors), requiredName(`${path}.key`, key, configMapKeyErrors));
}

function fileKeyErrors(path: string, { volumeName, path: file, key }: FileKeySelector): readonly FieldError[] {
  return joined(
    volumeName ? label(`${path}.volumeName`, volumeName) : [fieldError.required(`${path}.volumeName`)],
    file ? nonReservedPathErrors(`${path}.path`, file) : [fieldError.required(`${path}.path`)],
    required(`${path}.key`, key),
  );
}

export function envFromErrors(path: string, items: readonly EnvFromSource[]): readonly FieldError[] {
  return each(items, path, ({ prefix, configMapRef, secretRef }, at) =>
    joined(
      prefix ? matches(`${at}.prefix`, prefix, relaxedEnvVarNameErrors) : none,
      optional(configMapRef, ({ name }) => requiredName(`${at}.configMapRef.name`, name, dns1123SubdomainErrors)),
      optional(secretRef, ({ name }) => requiredName(`${at}.secretRef.name`, name, dns1123SubdomainErrors)),
      fromCountErrors(path, countSet(configMapRef, secretRef)),
    ),
  );
}

function fromCountErrors(path: string, count: number): readonly FieldError[] {
  if (count === 0) return [fieldError.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")];
  return count > 1 ? [fieldError.invalid(path, "", "may not have more than one field specified at a time")] : none;
}
