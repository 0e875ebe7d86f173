/** pkg/apis/resource/validation, without the compilation of CEL, which admission does. */
import { sameJson } from "../../../machinery/json.ts";
import { cIdentifierErrors, dns1123LabelErrors, dns1123SubdomainErrors } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { nodeSelectorErrors } from "../../core/v1/validation/scheduling.ts";
import { duplicates, each, eachEntry, immutable, matches, optional, required, requiredName, setFields } from "../../validation.ts";
import type { DeviceClaim, DeviceConfiguration, DeviceConstraint, DeviceRequest, DeviceSelector, DeviceSubRequest, ExactDeviceRequest } from "./common.ts";
import type { DeviceClass } from "./device-class.ts";
import type { ResourceClaim } from "./resource-claim.ts";
import type { ResourceClaimTemplate } from "./resource-claim-template.ts";
import type { Device, ResourceSlice } from "./resource-slice.ts";

const maxSelectors = 32;
const maxConfigs = 32;
const maxRequests = 32;
const maxConstraints = 32;
const maxSubRequests = 8;
const maxDevices = 128;
const maxReservations = 256;
const maxAttributes = 32;

export function deviceClassErrors({ spec }: DeviceClass): FieldError[] {
  return [...selectorsErrors("spec.selectors", spec.selectors), ...bounded("spec.config", spec.config, maxConfigs, configErrors)];
}

function bounded<T>(path: string, items: readonly T[] | undefined, max: number, check: (item: T, path: string) => FieldError[]): FieldError[] {
  const count = (items ?? []).length;
  return [...(count > max ? [fieldError.tooMany(path, count, max)] : []), ...each(items, path, check)];
}

function selectorsErrors(path: string, selectors: readonly DeviceSelector[] | undefined): FieldError[] {
  return bounded(path, selectors, maxSelectors, ({ cel }, at) => {
    if (cel === undefined) return [fieldError.required(`${at}.cel`)];
    return required(`${at}.cel.expression`, cel.expression);
  });
}

function configErrors({ opaque }: DeviceConfiguration, path: string): FieldError[] {
  if (opaque === undefined) return [fieldError.required(`${path}.opaque`)];
  const { driver, parameters } = opaque;
  return [...driverNameErrors(`${path}.opaque.driver`, driver), ...parameterErrors(`${path}.opaque.parameters`, parameters)];
}

function parameterErrors(path: string, parameters: unknown): FieldError[] {
  if (parameters === undefined || parameters === null) return [fieldError.required(path)];
  return typeof parameters === "object" && !Array.isArray(parameters) ? [] : [fieldError.invalid(path, "<value omitted>", "must be a valid JSON object")];
}

const maxDriverNameLength = 63;

function driverNameErrors(path: string, driver: string | undefined): FieldError[] {
  if (!driver) return [fieldError.required(path)];
  const tooLong = driver.length > maxDriverNameLength ? [fieldError.tooLong(path, maxDriverNameLength)] : [];
  return [...tooLong, ...matches(path, driver, dns1123SubdomainErrors)];
}

export function resourceClaimErrors({ spec, status }: ResourceClaim): FieldError[] {
  return [
    ...optional(spec.devices, (claim) => deviceClaimErrors("spec.devices", claim)),
    ...bounded("status.reservedFor", status?.reservedFor, maxReservations, ({ name, resource, uid }, at) => [
      ...required(`${at}.resource`, resource),
      ...required(`${at}.name`, name),
      ...required(`${at}.uid`, uid),
    ]),
    ...duplicates(
      status?.reservedFor,
      "status.reservedFor",
      ({ uid }) => uid,
      (at, _consumer, uid) => fieldError.duplicate(`${at}.uid`, uid),
    ),
  ];
}

export function resourceClaimTemplateErrors({ spec }: ResourceClaimTemplate): FieldError[] {
  return [...optional(spec.spec?.devices, (claim) => deviceClaimErrors("spec.spec.devices", claim))];
}

function deviceClaimErrors(path: string, claim: DeviceClaim): FieldError[] {
  const names = new Set((claim.requests ?? []).flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((sub) => `${name}/${sub.name}`)]));
  return [
    ...bounded(`${path}.requests`, claim.requests, maxRequests, requestErrors),
    ...duplicates(
      claim.requests,
      `${path}.requests`,
      ({ name }) => name,
      (at, _request, name) => fieldError.duplicate(`${at}.name`, name),
    ),
    ...bounded(`${path}.constraints`, claim.constraints, maxConstraints, (constraint, at) => constraintErrors(constraint, at, names)),
    ...bounded(`${path}.config`, claim.config, maxConfigs, (config, at) => [
      ...requestNameErrors(`${at}.requests`, config.requests, names),
      ...configErrors(config, at),
    ]),
  ];
}

function requestErrors(request: DeviceRequest, path: string): FieldError[] {
  const { name, exactly, firstAvailable = [] } = request;
  const set = setFields(request, ["exactly", "firstAvailable"]).filter((field) => field !== "firstAvailable" || firstAvailable.length > 0);
  const errors = requiredName(`${path}.name`, name, dns1123LabelErrors);
  if (set.length === 0) errors.push(fieldError.required(path, "exactly one of `exactly` or `firstAvailable` is required"));
  if (set.length > 1) errors.push(fieldError.invalid(path, undefined, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"));
  return [
    ...errors,
    ...optional(exactly, (value) => exactErrors(`${path}.exactly`, value)),
    ...bounded(`${path}.firstAvailable`, firstAvailable, maxSubRequests, (sub, at) => [
      ...requiredName(`${at}.name`, sub.name, dns1123LabelErrors),
      ...exactErrors(at, sub),
    ]),
    ...duplicates(
      firstAvailable,
      `${path}.firstAvailable`,
      (sub) => sub.name,
      (at, _sub, subName) => fieldError.duplicate(`${at}.name`, subName),
    ),
  ];
}

function exactErrors(path: string, { deviceClassName, selectors, allocationMode, count = 0 }: ExactDeviceRequest | DeviceSubRequest): FieldError[] {
  const errors = [...requiredName(`${path}.deviceClassName`, deviceClassName, dns1123SubdomainErrors), ...selectorsErrors(`${path}.selectors`, selectors)];
  if (allocationMode === "All" && count !== 0) errors.push(fieldError.invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
  if (allocationMode === "ExactCount" && count <= 0) errors.push(fieldError.invalid(`${path}.count`, count, "must be greater than zero"));
  return errors;
}

function constraintErrors({ requests, matchAttribute }: DeviceConstraint, path: string, names: ReadonlySet<string>): FieldError[] {
  const errors = requestNameErrors(`${path}.requests`, requests, names);
  if (matchAttribute === undefined) return [...errors, fieldError.required(`${path}.matchAttribute`)];
  return [...errors, ...attributeNameErrors(`${path}.matchAttribute`, matchAttribute, true)];
}

function requestNameErrors(path: string, requests: readonly string[] | undefined, names: ReadonlySet<string>): FieldError[] {
  const unknown = each(requests, path, (name, at) =>
    names.has(name)
      ? []
      : [fieldError.invalid(at, name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")],
  );
  const repeated = duplicates(
    requests,
    path,
    (name) => name,
    (at, name) => fieldError.duplicate(at, name),
  );
  return [...unknown, ...repeated];
}

/** `domain/identifier`; the domain of attributes of a slice is its driver's. */
function attributeNameErrors(path: string, name: string, needsDomain: boolean): FieldError[] {
  if (name === "") return [fieldError.required(path)];
  const [first = "", second, ...rest] = name.split("/");
  if (rest.length > 0) return [fieldError.invalid(path, name, "must be a domain and an identifier separated by one '/'")];
  if (second === undefined) {
    return needsDomain ? [fieldError.invalid(path, name, "must include a domain")] : matches(path, first, cIdentifierErrors);
  }
  return [...matches(path, first, dns1123SubdomainErrors), ...matches(path, second, cIdentifierErrors)];
}

export function resourceClaimUpdateErrors({ spec }: ResourceClaim, old: ResourceClaim): FieldError[] {
  return immutable("spec", spec, old.spec);
}

export function resourceClaimStatusErrors({ status, metadata }: ResourceClaim, old: ResourceClaim): FieldError[] {
  const errors: FieldError[] = [];
  const reserved = status?.reservedFor ?? [];
  if (status?.allocation === undefined && reserved.length > 0)
    errors.push(fieldError.forbidden("status.reservedFor", "may not be specified when `allocated` is not set"));
  const known = new Set((old.status?.reservedFor ?? []).map(({ uid }) => uid));
  if (metadata.deletionTimestamp !== undefined && reserved.some(({ uid }) => !known.has(uid))) {
    errors.push(fieldError.forbidden("status.reservedFor", "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"));
  }
  const [now, before] = [status?.allocation, old.status?.allocation];
  if (now !== undefined && before !== undefined && !sameJson(now, before)) errors.push(fieldError.invalid("status.allocation", now, "field is immutable"));
  return errors;
}

export function resourceClaimTemplateUpdateErrors({ spec }: ResourceClaimTemplate, old: ResourceClaimTemplate): FieldError[] {
  return immutable("spec", spec, old.spec);
}

export function resourceSliceErrors({ spec }: ResourceSlice): FieldError[] {
  const { driver, pool, devices, nodeName, nodeSelector } = spec;
  const where = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"].filter((field) => (spec as Record<string, unknown>)[field] !== undefined);
  const errors = [...driverNameErrors("spec.driver", driver), ...poolErrors(pool)];
  if (where.length === 0)
    errors.push(fieldError.required("spec", "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"));
  if (where.length > 1) {
    errors.push(
      fieldError.invalid(
        "spec",
        `{${where.map((field) => `\`${field}\``).join(", ")}}`,
        "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set",
      ),
    );
  }
  if (nodeName !== undefined) errors.push(...requiredName("spec.nodeName", nodeName, dns1123SubdomainErrors));
  return [
    ...errors,
    ...optional(nodeSelector, (selector) => nodeSelectorErrors("spec.nodeSelector", selector)),
    ...bounded("spec.devices", devices, maxDevices, deviceErrors),
    ...duplicates(
      devices,
      "spec.devices",
      ({ name }) => name,
      (at, _device, name) => fieldError.duplicate(`${at}.name`, name),
    ),
  ];
}

function poolErrors(pool: ResourceSlice["spec"]["pool"] | undefined): FieldError[] {
  const { name = "", generation = 0, resourceSliceCount = 0 } = pool ?? {};
  const errors =
    name === "" ? [fieldError.required("spec.pool.name")] : name.split("/").flatMap((part) => matches("spec.pool.name", part, dns1123SubdomainErrors));
  if (resourceSliceCount <= 0) errors.push(fieldError.invalid("spec.pool.resourceSliceCount", resourceSliceCount, "must be greater than zero"));
  if (generation < 0) errors.push(fieldError.invalid("spec.pool.generation", generation, "must be greater than or equal to zero"));
  return errors;
}

function deviceErrors({ name, attributes = {}, capacity = {} }: Device, path: string): FieldError[] {
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  return [
    ...requiredName(`${path}.name`, name, dns1123LabelErrors),
    ...eachEntry(attributes, `${path}.attributes`, (attribute, at, key) => [
      ...attributeNameErrors(at, key, false),
      ...(Object.keys(attribute).length === 1 ? [] : [fieldError.required(at, "exactly one value must be specified")]),
    ]),
    ...eachEntry(capacity, `${path}.capacity`, (_capacity, at, key) => attributeNameErrors(at, key, false)),
    ...(count > maxAttributes ? [fieldError.invalid(path, count, `the total number of attributes and capacities must not exceed ${maxAttributes}`)] : []),
  ];
}

export function resourceSliceUpdateErrors({ spec }: ResourceSlice, old: ResourceSlice): FieldError[] {
  return [
    ...immutable("spec.driver", spec.driver, old.spec.driver),
    ...immutable("spec.pool.name", spec.pool?.name, old.spec.pool?.name),
    ...(["nodeName", "nodeSelector", "allNodes"] as const).flatMap((field) => immutable(`spec.${field}`, spec[field] ?? null, old.spec[field] ?? null)),
  ];
}
