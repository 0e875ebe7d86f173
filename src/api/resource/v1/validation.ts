/** Claims for devices, templates of them, and classes (pkg/apis/resource/validation). */
import { compileDeviceSelector, deviceSelectorCost, perCallCostLimit } from "../../../machinery/cel/index.ts";
import { joined, none } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { byteLength, dns1123LabelErrors, dns1123SubdomainErrors } from "../../../machinery/names.ts";
import { validateAnnotations, validateLabels } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { isExtended } from "../../core/v1/validation/resources.ts";
import { each, immutable, matches, optional, requiredName } from "../../validation.ts";
import type { DeviceClaim, DeviceConstraint, DeviceRequest, DeviceSelector, DeviceSubRequest, ExactDeviceRequest } from "./common.ts";
import type { DeviceClass, DeviceClassSpec } from "./device-class.ts";
import { bounded, boundedSet, type ConfigOptions, configErrors, deviceTolerationErrors, fullyQualifiedDeviceNameErrors } from "./parts.validation.ts";
import type { ResourceClaim } from "./resource-claim.ts";
import type { ResourceClaimTemplate } from "./resource-claim-template.ts";

const maxSelectors = 32;
export const maxConfigs = 32;
export const maxRequests = 32;
const maxConstraints = 32;
const maxSubRequests = 8;
const maxExpressionBytes = 10 * 1024;

export function newDeviceClassErrors({ spec }: DeviceClass): readonly FieldError[] {
  return classErrors(spec, {}, {});
}

/** What has not changed was valid when it was stored, and stays. */
export function deviceClassUpdateErrors({ spec }: DeviceClass, old: DeviceClass): readonly FieldError[] {
  return classErrors(spec, { stored: sameJson(spec.selectors, old.spec.selectors) }, { stored: sameJson(spec.config, old.spec.config) });
}

function classErrors(
  { selectors, config, extendedResourceName: name }: DeviceClassSpec,
  ofSelectors: ConfigOptions,
  ofConfig: ConfigOptions,
): readonly FieldError[] {
  const unfit = name !== undefined && !isExtended(name);
  return joined(
    selectorsErrors("spec.selectors", selectors, ofSelectors),
    bounded("spec.config", config, maxConfigs, (item, at) => configErrors(item, at, ofConfig)),
    unfit ? [fieldError.invalid("spec.extendedResourceName", name, "must be a valid extended resource name")] : none,
  );
}

export function selectorsErrors(path: string, selectors: readonly DeviceSelector[] | undefined, { stored = false }: ConfigOptions = {}): readonly FieldError[] {
  return bounded(path, selectors, maxSelectors, ({ cel }, at) => {
    if (cel === undefined) return [fieldError.required(`${at}.cel`)];
    if (stored) return [];
    const expression = cel.expression ?? "";
    if (expression === "") return [fieldError.required(`${at}.cel.expression`)];
    if (byteLength(expression) > maxExpressionBytes) return [fieldError.tooLong(`${at}.cel.expression`, maxExpressionBytes)];
    const { program, problem } = compileDeviceSelector(expression);
    if (program === undefined) return [fieldError.invalid(`${at}.cel.expression`, expression, problem)];
    return deviceSelectorCost(program) > perCallCostLimit ? [fieldError.forbidden(`${at}.cel.expression`, "too complex, exceeds cost limit")] : [];
  });
}

export function newResourceClaimErrors({ spec }: ResourceClaim): readonly FieldError[] {
  return [...optional(spec.devices, (claim) => deviceClaimErrors("spec.devices", claim, {}))];
}

export function resourceClaimUpdateErrors({ spec }: ResourceClaim, old: ResourceClaim): readonly FieldError[] {
  return immutable("spec", spec, old.spec);
}

export function newResourceClaimTemplateErrors({ spec }: ResourceClaimTemplate): readonly FieldError[] {
  const { labels, annotations } = spec.metadata ?? {};
  return joined(
    validateAnnotations(annotations ?? {}, "spec.metadata.annotations"),
    validateLabels(labels ?? {}, "spec.metadata.labels"),
    optional(spec.spec?.devices, (claim) => deviceClaimErrors("spec.spec.devices", claim, {})),
  );
}

export function resourceClaimTemplateUpdateErrors({ spec }: ResourceClaimTemplate, old: ResourceClaimTemplate): readonly FieldError[] {
  return immutable("spec", spec, old.spec);
}

/** What results and configurations of a claim may refer to: `request`, or `request/subrequest`. */
export function requestNamesOf(claim: DeviceClaim | undefined): ReadonlySet<string> {
  return new Set((claim?.requests ?? []).flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((sub) => `${name}/${sub.name}`)]));
}

function deviceClaimErrors(path: string, claim: DeviceClaim, options: ConfigOptions): readonly FieldError[] {
  const names = requestNamesOf(claim);
  return joined(
    boundedSet(
      `${path}.requests`,
      claim.requests,
      maxRequests,
      ({ name }) => name ?? "",
      (request, at) => requestErrors(request, at, options),
    ),
    bounded(`${path}.constraints`, claim.constraints, maxConstraints, (constraint, at) => constraintErrors(constraint, at, names)),
    bounded(`${path}.config`, claim.config, maxConfigs, (config, at) =>
      joined(requestReferenceErrors(`${at}.requests`, config.requests, names), configErrors(config, at, options)),
    ),
  );
}

function requestErrors({ name = "", exactly, firstAvailable = [] }: DeviceRequest, path: string, options: ConfigOptions): readonly FieldError[] {
  const errors = matches(`${path}.name`, name, dns1123LabelErrors);
  const rule = "exactly one of `exactly` or `firstAvailable` is required";
  const ofList = firstAvailable.length > 0;
  if (exactly === undefined && !ofList) return [...errors, fieldError.required(path, rule)];
  if (exactly !== undefined && ofList) return [...errors, fieldError.invalid(path, undefined, `${rule}, but multiple fields are set`)];
  if (exactly !== undefined) return joined(errors, exactErrors(`${path}.exactly`, exactly, options));
  const subRequests = boundedSet(
    `${path}.firstAvailable`,
    firstAvailable,
    maxSubRequests,
    (sub) => sub.name ?? "",
    (sub, at) => joined(matches(`${at}.name`, sub.name ?? "", dns1123LabelErrors), exactErrors(at, sub, options)),
  );
  return joined(errors, subRequests);
}

function exactErrors(path: string, request: ExactDeviceRequest | DeviceSubRequest, options: ConfigOptions): readonly FieldError[] {
  const { deviceClassName, selectors, allocationMode, count = 0, tolerations } = request;
  const errors = [
    ...requiredName(`${path}.deviceClassName`, deviceClassName, dns1123SubdomainErrors),
    ...selectorsErrors(`${path}.selectors`, selectors, options),
  ];
  if (allocationMode === "All" && count !== 0) errors.push(fieldError.invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
  if (allocationMode === "ExactCount" && count <= 0) errors.push(fieldError.invalid(`${path}.count`, count, "must be greater than zero"));
  return joined(errors, each(tolerations, `${path}.tolerations`, deviceTolerationErrors));
}

function constraintErrors({ requests, matchAttribute, distinctAttribute }: DeviceConstraint, path: string, names: ReadonlySet<string>): readonly FieldError[] {
  const errors = requestReferenceErrors(`${path}.requests`, requests, names);
  if (matchAttribute !== undefined) return joined(errors, fullyQualifiedDeviceNameErrors(`${path}.matchAttribute`, matchAttribute));
  if (distinctAttribute !== undefined) return joined(errors, fullyQualifiedDeviceNameErrors(`${path}.distinctAttribute`, distinctAttribute));
  // The words are upstream's, though nothing is set.
  return [...errors, fieldError.required(path, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set')];
}

export function requestReferenceErrors(path: string, requests: readonly string[] | undefined, names: ReadonlySet<string>): readonly FieldError[] {
  return boundedSet(
    path,
    requests,
    maxRequests,
    (name) => name,
    (name, at) => oneReferenceErrors(at, name, names),
  );
}

export function oneReferenceErrors(path: string, name: string, names: ReadonlySet<string>): readonly FieldError[] {
  const unknown = fieldError.invalid(path, name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'");
  const parts = name.split("/");
  if (parts.length > 2) return [unknown];
  return joined(
    parts.flatMap((part) => matches(path, part, dns1123LabelErrors)),
    names.has(name) ? none : [unknown],
  );
}
