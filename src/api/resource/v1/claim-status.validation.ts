/** What allocators, consumers and drivers may write into the status of a claim (pkg/apis/resource/validation). */
import { validateConditions } from "../../../machinery/conditions.ts";
import { cidrText, parseCidr } from "../../../machinery/ip.ts";
import { joined, none } from "../../../machinery/joined.ts";
import { canonicalJson } from "../../../machinery/json.ts";
import { byteLength, dns1123LabelErrors } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { nodeSelectorErrors } from "../../core/v1/validation/scheduling.ts";
import { driverNameErrors } from "../../csi-driver-name.ts";
import { each, immutable, matches, optional, required } from "../../validation.ts";
import {
  bindingConditionErrors,
  bounded,
  boundedSet,
  configErrors,
  deviceTolerationErrors,
  poolNameErrors,
  rawErrors,
  uuidErrors,
} from "./parts.validation.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from "./resource-claim.ts";
import { maxConfigs, oneReferenceErrors, requestNamesOf, requestReferenceErrors } from "./validation.ts";

const maxConsumers = 256;
const maxResults = 32;
const maxConditions = 8;

export function resourceClaimStatusErrors(claim: ResourceClaim, old: ResourceClaim): readonly FieldError[] {
  const { reservedFor, devices, allocation } = claim.status ?? {};
  const allocated = new Set((allocation?.devices?.results ?? []).map(deviceID));
  return joined(
    boundedSet("status.reservedFor", reservedFor, maxConsumers, ({ uid }) => uid ?? "", consumerErrors),
    boundedSet("status.devices", devices, Number.POSITIVE_INFINITY, deviceID, (device, at) => deviceStatusErrors(device, at, allocated)),
    reservationErrors(claim, old),
    allocationErrors(claim, old),
  );
}

interface DeviceName {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string;
}

export function deviceID({ driver, pool, device, shareID }: DeviceName): string {
  return [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join("/");
}

function consumerErrors({ resource, name, uid }: ResourceClaimConsumerReference, path: string): readonly FieldError[] {
  return joined(required(`${path}.resource`, resource), required(`${path}.name`, name), required(`${path}.uid`, uid));
}

/** Only what is allocated can be reserved, and nobody new may come while it goes. */
function reservationErrors({ status, metadata }: ResourceClaim, old: ResourceClaim): readonly FieldError[] {
  const reserved = status?.reservedFor ?? [];
  if (reserved.length === 0) return [];
  if (status?.allocation === undefined) return [fieldError.forbidden("status.reservedFor", "may not be specified when `allocated` is not set")];
  if (metadata.deletionTimestamp === undefined) return [];
  const known = new Set((old.status?.reservedFor ?? []).map(canonicalJson));
  if (reserved.every((consumer) => known.has(canonicalJson(consumer)))) return [];
  return [fieldError.forbidden("status.reservedFor", "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set")];
}

/** An allocation may come and go, but not change. */
function allocationErrors({ spec, status }: ResourceClaim, old: ResourceClaim): readonly FieldError[] {
  const before = old.status?.allocation;
  return optional(status?.allocation, (allocation) =>
    before === undefined ? newAllocationErrors(allocation, requestNamesOf(spec.devices)) : immutable("status.allocation", allocation, before),
  );
}

function newAllocationErrors({ devices, nodeSelector }: AllocationResult, names: ReadonlySet<string>): readonly FieldError[] {
  const path = "status.allocation";
  return joined(
    bounded(`${path}.devices.results`, devices?.results, maxResults, (result, at) => resultErrors(result, at, names)),
    bounded(`${path}.devices.config`, devices?.config, 2 * maxConfigs, (config, at) => allocationConfigErrors(config, at, names)),
    optional(nodeSelector, (selector) => nodeSelectorErrors(`${path}.nodeSelector`, selector)),
  );
}

function resultErrors(result: DeviceRequestAllocationResult, path: string, names: ReadonlySet<string>): readonly FieldError[] {
  const { request = "", driver, pool, device = "", tolerations, shareID } = result;
  return joined(
    oneReferenceErrors(`${path}.request`, request, names),
    driverNameErrors(`${path}.driver`, driver),
    poolNameErrors(`${path}.pool`, pool),
    matches(`${path}.device`, device, dns1123LabelErrors),
    bindingConditionErrors(path, result),
    each(tolerations, `${path}.tolerations`, deviceTolerationErrors),
    uuidErrors(`${path}.shareID`, shareID),
  );
}

const sources = ["FromClaim", "FromClass"];

function allocationConfigErrors(config: DeviceAllocationConfiguration, path: string, names: ReadonlySet<string>): readonly FieldError[] {
  const { source = "", requests } = config;
  const errors: FieldError[] = [];
  if (source === "") errors.push(fieldError.required(`${path}.source`));
  else if (!sources.includes(source)) errors.push(fieldError.notSupported(`${path}.source`, source, sources));
  return joined(errors, requestReferenceErrors(`${path}.requests`, requests, names), configErrors(config, path));
}

function deviceStatusErrors(status: AllocatedDeviceStatus, path: string, allocated: ReadonlySet<string>): readonly FieldError[] {
  const { driver, pool, device = "", shareID, conditions = [], data, networkData } = status;
  const errors = [
    ...driverNameErrors(`${path}.driver`, driver),
    ...poolNameErrors(`${path}.pool`, pool),
    ...matches(`${path}.device`, device, dns1123LabelErrors),
    ...uuidErrors(`${path}.shareID`, shareID),
  ];
  const id = deviceID(status);
  if (!allocated.has(id)) errors.push(fieldError.invalid(path, id, "must be an allocated device in the claim"));
  if (conditions.length > maxConditions) errors.push(fieldError.tooMany(`${path}.conditions`, conditions.length, maxConditions));
  return joined(
    errors,
    validateConditions(conditions, `${path}.conditions`),
    data === undefined ? none : rawErrors(`${path}.data`, data),
    optional(networkData, (network) => networkErrors(`${path}.networkData`, network)),
  );
}

const maxInterfaceNameBytes = 256;
const maxHardwareAddressBytes = 128;
const maxAddresses = 16;

function networkErrors(path: string, { interfaceName = "", hardwareAddress = "", ips }: NetworkDeviceData): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (byteLength(interfaceName) > maxInterfaceNameBytes) errors.push(fieldError.tooLong(`${path}.interfaceName`, maxInterfaceNameBytes));
  if (byteLength(hardwareAddress) > maxHardwareAddressBytes) errors.push(fieldError.tooLong(`${path}.hardwareAddress`, maxHardwareAddressBytes));
  const addresses = boundedSet(
    `${path}.ips`,
    ips,
    maxAddresses,
    (ip) => ip,
    (ip, at) => interfaceAddressErrors(at, ip),
  );
  return joined(errors, addresses);
}

/** An address of a host with the length of its network, as in 10.9.8.7/24, in its one canonical form. */
function interfaceAddressErrors(path: string, text: string): readonly FieldError[] {
  const address = parseCidr(text);
  if (address === undefined) return [fieldError.invalid(path, text, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")];
  const canonical = cidrText(address);
  return text === canonical ? [] : [fieldError.invalid(path, text, `must be in canonical form ("${canonical}")`)];
}
