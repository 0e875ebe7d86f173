/** Environment variables and where they come from. */
import { configMapKeyErrors, dns1123SubdomainErrors, relaxedEnvVarNameErrors } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each, label, matches, optional, required, requiredName, setFields } from "../../../validation.ts";
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from "../container.ts";
import { envFieldPaths, fieldReferenceErrors, resourceReferenceErrors } from "./downward-api.ts";
import { nonReservedPathErrors } from "./paths.ts";

export function envErrors(path: string, variables: readonly EnvVar[] | undefined): FieldError[] {
  return each(variables, path, (variable, at) => [
    ...(variable.name ? matches(`${at}.name`, variable.name, relaxedEnvVarNameErrors) : [fieldError.required(`${at}.name`)]),
    ...optional(variable.valueFrom, (source) => valueFromErrors(`${at}.valueFrom`, source, variable.value ?? "")),
  ]);
}

const sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

function valueFromErrors(path: string, source: EnvVarSource, value: string): FieldError[] {
  const errors = [
    ...optional(source.fieldRef, (reference) => fieldReferenceErrors(`${path}.fieldRef`, reference, envFieldPaths)),
    ...optional(source.resourceFieldRef, (reference) => resourceReferenceErrors(`${path}.resourceFieldRef`, reference, false)),
    ...optional(source.configMapKeyRef, (reference) => keyErrors(`${path}.configMapKeyRef`, reference)),
    ...optional(source.secretKeyRef, (reference) => keyErrors(`${path}.secretKeyRef`, reference)),
    ...optional(source.fileKeyRef, (reference) => fileKeyErrors(`${path}.fileKeyRef`, reference)),
  ];
  const count = setFields(source, sources).length;
  if (count === 0)
    errors.push(fieldError.invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"));
  else if (value !== "") errors.push(fieldError.invalid(path, "", "may not be specified when `value` is not empty"));
  else if (count > 1) errors.push(fieldError.invalid(path, "", "may not have more than one field specified at a time"));
  return errors;
}

function keyErrors(path: string, { name, key }: { name?: string; key?: string }): FieldError[] {
  return [...matches(`${path}.name`, name ?? "", dns1123SubdomainErrors), ...requiredName(`${path}.key`, key, configMapKeyErrors)];
}

function fileKeyErrors(path: string, { volumeName, path: file, key }: FileKeySelector): FieldError[] {
  return [
    ...(volumeName ? label(`${path}.volumeName`, volumeName) : [fieldError.required(`${path}.volumeName`)]),
    ...(file ? nonReservedPathErrors(`${path}.path`, file) : [fieldError.required(`${path}.path`)]),
    ...required(`${path}.key`, key),
  ];
}

export function envFromErrors(path: string, items: readonly EnvFromSource[] | undefined): FieldError[] {
  return each(items, path, (source, at) => {
    const errors = [
      ...(source.prefix ? matches(`${at}.prefix`, source.prefix, relaxedEnvVarNameErrors) : []),
      ...optional(source.configMapRef, ({ name }) => requiredName(`${at}.configMapRef.name`, name, dns1123SubdomainErrors)),
      ...optional(source.secretRef, ({ name }) => requiredName(`${at}.secretRef.name`, name, dns1123SubdomainErrors)),
    ];
    const count = setFields(source, ["configMapRef", "secretRef"]).length;
    if (count === 0) errors.push(fieldError.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"));
    else if (count > 1) errors.push(fieldError.invalid(path, "", "may not have more than one field specified at a time"));
    return errors;
  });
}
