/** What drivers may say of the devices they have (pkg/apis/resource/validation). */
import { joined, none } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { byteLength, dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors } from "../../../machinery/names.ts";
import { validateLabelKey } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { nodeSelectorErrors } from "../../core/v1/validation/scheduling.ts";
import { driverNameErrors } from "../../csi-driver-name.ts";
import { immutable, matches, optional } from "../../validation.ts";
import { requestPolicyErrors } from "./capacity.validation.ts";
import { bindingConditionErrors, bounded, boundedSet, poolNameErrors, qualifiedDeviceNameErrors, taintEffects } from "./parts.validation.ts";
import type {
  CounterSet,
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceCounterConsumption,
  DeviceTaint,
  ResourcePool,
  ResourceSlice,
  ResourceSliceSpec,
} from "./resource-slice.ts";

const maxDevices = 128;
/** Of devices with taints or shared counters, which take more room. */
const maxAdvancedDevices = 64;
const maxCounterSets = 8;
const maxCounters = 32;
const maxConsumptions = 2;
const maxAttributesAndCapacities = 32;
const maxTaints = 16;
const maxValueBytes = 64;

export function newResourceSliceErrors({ spec }: ResourceSlice): readonly FieldError[] {
  return specErrors(spec, undefined);
}

export function resourceSliceUpdateErrors({ spec }: ResourceSlice, old: ResourceSlice): readonly FieldError[] {
  return specErrors(spec, old.spec);
}

function specErrors(spec: ResourceSliceSpec, old: ResourceSliceSpec | undefined): readonly FieldError[] {
  const { driver, pool, devices, sharedCounters } = spec;
  const advanced = (devices ?? []).some(({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0);
  const before = new Map((old?.devices ?? []).map((device) => [device.name, device]));
  return joined(
    driverNameErrors("spec.driver", driver),
    poolErrors("spec.pool", pool ?? {}),
    old === undefined ? none : identityErrors(spec, old),
    placeErrors(spec),
    devices !== undefined && sharedCounters !== undefined ? [fieldError.invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed")] : none,
    boundedSet(
      "spec.devices",
      devices,
      advanced ? maxAdvancedDevices : maxDevices,
      ({ name }) => name ?? "",
      (device, at) => deviceErrors(device, at, before.get(device.name), spec.perDeviceNodeSelection === true),
    ),
    boundedSet("spec.sharedCounters", sharedCounters, maxCounterSets, ({ name }) => name ?? "", counterSetErrors),
  );
}

function identityErrors(spec: ResourceSliceSpec, old: ResourceSliceSpec): readonly FieldError[] {
  return joined(
    immutable("spec.pool.name", spec.pool?.name, old.pool?.name),
    immutable("spec.driver", spec.driver, old.driver),
    immutable("spec.nodeName", spec.nodeName ?? null, old.nodeName ?? null),
  );
}

function poolErrors(path: string, { name, generation = 0, resourceSliceCount = 0 }: Partial<ResourcePool>): readonly FieldError[] {
  const errors = [...poolNameErrors(`${path}.name`, name)];
  if (resourceSliceCount <= 0) errors.push(fieldError.invalid(`${path}.resourceSliceCount`, resourceSliceCount, "must be greater than zero"));
  if (generation < 0) errors.push(fieldError.invalid(`${path}.generation`, generation, "must be greater than or equal to zero"));
  return errors;
}

const several = (fields: readonly string[]) => `{${fields.map((field) => `\`${field}\``).join(", ")}}`;
const unsetOrTrue = "must be either unset or set to true";

/** Which nodes can use the devices: all of them together, or each device for itself. */
function placeErrors(spec: ResourceSliceSpec): readonly FieldError[] {
  const rule = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  const { errors, set } = nodeErrors("spec", spec, "must be either unset or set to a non-empty string");
  const terms = spec.nodeSelector?.nodeSelectorTerms ?? [];
  if (spec.nodeSelector !== undefined && terms.length !== 1)
    errors.push(fieldError.invalid("spec.nodeSelector.nodeSelectorTerms", terms, "must have exactly one node selector term"));
  if (spec.perDeviceNodeSelection === true) set.push("perDeviceNodeSelection");
  if (spec.perDeviceNodeSelection === false) errors.push(fieldError.invalid("spec.perDeviceNodeSelection", false, unsetOrTrue));
  if (set.length === 0) errors.push(fieldError.required("spec", rule));
  if (set.length > 1) errors.push(fieldError.invalid("spec", several(set), `${rule}, but multiple fields are set`));
  return errors;
}

/** The three ways to name nodes, and which of them are used. */
function nodeErrors(
  path: string,
  { nodeName, nodeSelector, allNodes }: Pick<Device, "nodeName" | "nodeSelector" | "allNodes">,
  emptyName: string,
): { errors: FieldError[]; set: string[] } {
  const [errors, set]: [FieldError[], string[]] = [[], []];
  if (nodeName === "") errors.push(fieldError.invalid(`${path}.nodeName`, nodeName, emptyName));
  else if (nodeName !== undefined) {
    set.push("nodeName");
    errors.push(...matches(`${path}.nodeName`, nodeName, dns1123SubdomainErrors));
  }
  if (nodeSelector !== undefined) {
    set.push("nodeSelector");
    errors.push(...nodeSelectorErrors(`${path}.nodeSelector`, nodeSelector));
  }
  if (allNodes === true) set.push("allNodes");
  if (allNodes === false) errors.push(fieldError.invalid(`${path}.allNodes`, false, unsetOrTrue));
  return { errors, set };
}

function deviceErrors(device: Device, path: string, old: Device | undefined, perDevice: boolean): readonly FieldError[] {
  const { name = "", attributes = {}, capacity = {}, taints, consumesCounters, allowMultipleAllocations } = device;
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  const errors = [...matches(`${path}.name`, name, dns1123LabelErrors)];
  if (count > maxAttributesAndCapacities)
    errors.push(fieldError.invalid(path, count, `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`));
  errors.push(...mapErrors(`${path}.attributes`, attributes, maxKeyBytes, qualifiedDeviceNameErrors, attributeErrors));
  // Capacities and taints that have not changed were valid when they were stored.
  if (old === undefined || !sameJson(old.capacity, device.capacity)) {
    const check = (item: DeviceCapacity, at: string) => capacityErrors(item, at, allowMultipleAllocations === true);
    errors.push(...mapErrors(`${path}.capacity`, capacity, maxKeyBytes, qualifiedDeviceNameErrors, check));
  }
  if (old === undefined || !sameJson(old.taints, taints)) errors.push(...bounded(`${path}.taints`, taints, maxTaints, taintErrors));
  return joined(
    errors,
    boundedSet(`${path}.consumesCounters`, consumesCounters, maxConsumptions, ({ counterSet }) => counterSet ?? "", consumptionErrors),
    devicePlaceErrors(device, path, perDevice),
    bindingConditionErrors(path, device),
  );
}

function devicePlaceErrors(device: Device, path: string, perDevice: boolean): readonly FieldError[] {
  if (!perDevice) {
    if (device.nodeName === undefined && device.nodeSelector === undefined && device.allNodes === undefined) return [];
    const rule = "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    return [fieldError.invalid(path, undefined, rule)];
  }
  const rule = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  const { errors, set } = nodeErrors(path, device, "must not be empty");
  if (set.length === 0) errors.push(fieldError.required(path, rule));
  if (set.length > 1) errors.push(fieldError.invalid(path, several(set), rule));
  return errors;
}

const maxKeyBytes = 63 + 1 + 32;

/** Keys are blamed on the map, values on their key, of which long ones lose their middle. */
function mapErrors<T>(
  path: string,
  map: Readonly<Record<string, T>>,
  maxKey: number,
  keyErrors: (path: string, key: string) => readonly FieldError[],
  valueErrors: (value: T, path: string) => readonly FieldError[],
): readonly FieldError[] {
  return Object.entries(map).flatMap(([key, value]) => joined(keyErrors(path, key), valueErrors(value, `${path}[${shortened(key, maxKey)}]`)));
}

function shortened(key: string, max: number): string {
  if (key.length <= max) return key;
  const room = max - "...".length;
  return `${key.slice(0, Math.ceil(room / 2))}...${key.slice(key.length - Math.floor(room / 2))}`;
}

const versionPattern = (() => {
  const number = "(0|[1-9]\\d*)";
  const preRelease = "(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
  const build = "[0-9a-zA-Z-]+";
  return new RegExp(`^${number}\\.${number}\\.${number}(-${preRelease}(\\.${preRelease})*)?(\\+${build}(\\.${build})*)?$`);
})();

function attributeErrors(attribute: DeviceAttribute, path: string): readonly FieldError[] {
  const { string, version } = attribute;
  const errors: FieldError[] = [];
  if (string !== undefined && byteLength(string) > maxValueBytes) errors.push(fieldError.tooLong(`${path}.string`, maxValueBytes));
  if (version !== undefined && !versionPattern.test(version))
    errors.push(fieldError.invalid(`${path}.version`, version, "must be a string compatible with semver.org spec 2.0.0"));
  if (version !== undefined && byteLength(version) > maxValueBytes) errors.push(fieldError.tooLong(`${path}.version`, maxValueBytes));
  const count = Object.keys(attribute).length;
  if (count !== 1) errors.push(fieldError.invalid(path, count === 0 ? "" : attribute, "exactly one value must be specified"));
  return errors;
}

function capacityErrors({ value, requestPolicy }: DeviceCapacity, path: string, shared: boolean): readonly FieldError[] {
  if (requestPolicy === undefined) return [];
  const at = `${path}.requestPolicy`;
  return shared ? requestPolicyErrors(at, value, requestPolicy) : [fieldError.forbidden(at, "allowMultipleAllocations must be true")];
}

function taintErrors({ key = "", value = "", effect = "" }: DeviceTaint, path: string): readonly FieldError[] {
  const errors = [...validateLabelKey(key, `${path}.key`), ...(value === "" ? [] : matches(`${path}.value`, value, labelValueErrors))];
  if (effect === "") errors.push(fieldError.required(`${path}.effect`));
  else if (!taintEffects.some((known) => known === effect)) errors.push(fieldError.notSupported(`${path}.effect`, effect, taintEffects));
  return errors;
}

function counterSetErrors({ name, counters }: CounterSet, path: string): readonly FieldError[] {
  return joined(counterNameErrors(`${path}.name`, name), countersErrors(`${path}.counters`, counters));
}

function consumptionErrors({ counterSet, counters }: DeviceCounterConsumption, path: string): readonly FieldError[] {
  return joined(counterNameErrors(`${path}.counterSet`, counterSet), countersErrors(`${path}.counters`, counters));
}

function counterNameErrors(path: string, name: string | undefined): readonly FieldError[] {
  return name ? matches(path, name, dns1123LabelErrors) : [fieldError.required(path)];
}

function countersErrors(path: string, counters: Readonly<Record<string, unknown>> | undefined): readonly FieldError[] {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) return [fieldError.required(path)];
  if (names.length > maxCounters) return [fieldError.tooMany(path, names.length, maxCounters)];
  return optional(counters, () => names.flatMap((name) => matches(path, name, dns1123LabelErrors)));
}
