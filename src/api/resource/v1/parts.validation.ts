/** Rules that the kinds of dynamic resource allocation share (pkg/apis/resource/validation). */
import { joined, none } from "../../../machinery/joined.ts";
import { canonicalJson } from "../../../machinery/json.ts";
import { byteLength, cIdentifierErrors, dns1123SubdomainErrors, labelValueErrors } from "../../../machinery/names.ts";
import { validateLabelKey } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { driverNameErrors } from "../../csi-driver-name.ts";
import { each, matches } from "../../validation.ts";
import type { DeviceConfiguration, DeviceToleration } from "./common.ts";

type ItemErrors<T> = (item: T, path: string) => readonly FieldError[];

/** A list of at most `max` items, each valid; of one that is too long nothing else is told. */
export function bounded<T>(path: string, items: readonly T[] | undefined, max: number, check: ItemErrors<T>): readonly FieldError[] {
  const count = (items ?? []).length;
  return count > max ? [fieldError.tooMany(path, count, max)] : each(items, path, check);
}

/** The same for items of which no two may have the same key. */
export function boundedSet<T>(
  path: string,
  items: readonly T[] | undefined,
  max: number,
  key: (item: T) => string,
  check: ItemErrors<T>,
): readonly FieldError[] {
  const count = (items ?? []).length;
  if (count > max) return [fieldError.tooMany(path, count, max)];
  const seen = new Set<string>();
  const repeated = each(items, path, (item, at) => {
    const own = key(item);
    if (seen.has(own)) return [fieldError.duplicate(at, own)];
    seen.add(own);
    return [];
  });
  return joined(each(items, path, check), repeated);
}

const maxPoolNameBytes = 253;

/** Subdomains between slashes. */
export function poolNameErrors(path: string, name: string | undefined): readonly FieldError[] {
  if (!name) return [fieldError.required(path)];
  const tooLong = byteLength(name) > maxPoolNameBytes ? [fieldError.tooLong(path, maxPoolNameBytes)] : [];
  return joined(
    tooLong,
    name.split("/").flatMap((part) => matches(path, part, dns1123SubdomainErrors)),
  );
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const otherForms: Readonly<Record<number, { pattern: RegExp; problem: string }>> = {
  32: { pattern: /^[0-9a-f]{32}$/i, problem: "invalid UUID format" },
  36: { pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, problem: "invalid UUID format" },
  38: { pattern: /^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$/i, problem: "invalid bracketed UUID format" },
  45: { pattern: /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, problem: "invalid UUID format" },
};

export function uuidErrors(path: string, value: string | undefined): readonly FieldError[] {
  if (value === undefined || uuidPattern.test(value)) return [];
  const form = otherForms[byteLength(value)];
  if (form === undefined) return [fieldError.invalid(path, value, `error validating uid: invalid UUID length: ${byteLength(value)}`)];
  if (!form.pattern.test(value)) return [fieldError.invalid(path, value, `error validating uid: ${form.problem}`)];
  return [
    fieldError.invalid(path, value, "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters"),
  ];
}

const maxIdentifierBytes = 32;

function identifierErrors(path: string, id: string): readonly FieldError[] {
  const tooLong = byteLength(id) > maxIdentifierBytes ? [fieldError.tooLong(path, maxIdentifierBytes)] : [];
  return joined(tooLong, matches(path, id, cIdentifierErrors));
}

/** Names of attributes and capacities: an identifier, in the domain of its driver or in another that is named. */
export function qualifiedDeviceNameErrors(path: string, name: string): readonly FieldError[] {
  const [domain = "", id, ...rest] = name.split("/");
  if (id === undefined) return identifierErrors(path, domain);
  if (rest.length > 0) return [fieldError.invalid(path, name, "must not contain more than one slash")];
  return joined(
    domain === "" ? [fieldError.invalid(path, "", "the domain must not be empty")] : driverNameErrors(path, domain),
    id === "" ? [fieldError.invalid(path, "", "the name must not be empty")] : identifierErrors(path, id),
  );
}

export function fullyQualifiedDeviceNameErrors(path: string, name: string): readonly FieldError[] {
  const errors = [...qualifiedDeviceNameErrors(path, name)];
  if (!name.includes("/")) errors.push(fieldError.invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash"));
  return errors;
}

export interface ConfigOptions {
  /** Parameters that are stored may be longer than new ones: the limit came with v1.32. */
  readonly stored?: boolean;
}

export function configErrors({ opaque }: DeviceConfiguration, path: string, options: ConfigOptions = {}): readonly FieldError[] {
  if (opaque === undefined) return [fieldError.required(`${path}.opaque`)];
  const { driver, parameters } = opaque;
  return joined(driverNameErrors(`${path}.opaque.driver`, driver), rawErrors(`${path}.opaque.parameters`, parameters, options));
}

const maxRawBytes = 10 * 1024;

/** A JSON object that only its driver can read. */
export function rawErrors(path: string, value: unknown, { stored = false }: ConfigOptions = {}): readonly FieldError[] {
  if (value === undefined || value === null) return [fieldError.required(path)];
  if (!stored && byteLength(canonicalJson(value)) > maxRawBytes) return [fieldError.tooLong(path, maxRawBytes)];
  return typeof value === "object" && !Array.isArray(value) ? [] : [fieldError.invalid(path, "<value omitted>", "must be a valid JSON object")];
}

export const taintEffects = ["NoExecute", "NoSchedule", "None"] as const;
const operators = ["Equal", "Exists"] as const;

export function deviceTolerationErrors({ key, operator, value = "", effect = "" }: DeviceToleration, path: string): readonly FieldError[] {
  const errors = key ? [...validateLabelKey(key, `${path}.key`)] : [];
  if (operator === "Exists") {
    if (value !== "") errors.push(fieldError.invalid(`${path}.value`, value, "must be empty for operator `Exists`"));
  } else if (operator === "Equal") errors.push(...matches(`${path}.value`, value, labelValueErrors));
  else errors.push(operator ? fieldError.notSupported(`${path}.operator`, operator, operators) : fieldError.required(`${path}.operator`));
  if (effect !== "" && !taintEffects.some((known) => known === effect)) errors.push(fieldError.notSupported(`${path}.effect`, effect, taintEffects));
  return errors;
}

interface BindingConditions {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

const maxBindingConditions = 4;

/** Conditions that binding waits for and those that make it give up: both or none, and no condition in both. */
export function bindingConditionErrors(path: string, { bindingConditions = [], bindingFailureConditions = [] }: BindingConditions): readonly FieldError[] {
  const [good, bad] = [`${path}.bindingConditions`, `${path}.bindingFailureConditions`];
  const errors = [
    ...bounded(good, bindingConditions, maxBindingConditions, validateLabelKey),
    ...bounded(bad, bindingFailureConditions, maxBindingConditions, validateLabelKey),
    ...each(bindingConditions, good, (condition, at, index) => repeatedErrors(bindingConditions, condition, at, index)),
    ...each(bindingFailureConditions, bad, (condition, at, index) =>
      joined(
        repeatedErrors(bindingFailureConditions, condition, at, index),
        bindingConditions.includes(condition) ? [fieldError.invalid(at, condition, "bindingFailureConditions must not overlap with bindingConditions")] : none,
      ),
    ),
  ];
  if (bindingConditions.length === 0 && bindingFailureConditions.length > 0)
    errors.push(fieldError.invalid(good, null, "bindingConditions are required to use bindingFailureConditions"));
  if (bindingFailureConditions.length === 0 && bindingConditions.length > 0)
    errors.push(fieldError.invalid(bad, null, "bindingFailureConditions are required to use bindingConditions"));
  return errors;
}

function repeatedErrors(all: readonly string[], item: string, path: string, index: number): readonly FieldError[] {
  return all.indexOf(item) < index ? [fieldError.duplicate(path, item)] : [];
}
