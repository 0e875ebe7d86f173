/** pkg/apis/discovery/validation. */
import { joined } from "../../../machinery/joined.ts";
import { dns1123LabelErrors, fullyQualifiedDomainNameErrors, labelValueErrors, type NameRule } from "../../../machinery/names.ts";
import { validateLabels } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { familyOf, ipErrors, looseIPErrors, nonSpecialIPErrors } from "../../ip.ts";
import { duplicates, each, immutable, label, matches, matchesIfSet, portNumber, qualifiedName, required, subdomain } from "../../validation.ts";
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from "./endpoint-slice.ts";

const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20_000;
const maxHints = 8;
const maxTopologyLabels = 16;

export function endpointSliceErrors({ addressType, endpoints = [], ports = [] }: EndpointSlice): readonly FieldError[] {
  return joined(
    required("addressType", addressType),
    endpoints.length > maxEndpoints
      ? [fieldError.tooMany("endpoints", endpoints.length, maxEndpoints)]
      : each(endpoints, "endpoints", (endpoint, path) => endpointErrors(path, endpoint, addressType)),
    portsErrors("ports", ports),
  );
}

function endpointErrors(path: string, endpoint: Endpoint, addressType: string): readonly FieldError[] {
  const { addresses = [], deprecatedTopology = {}, nodeName, hostname, hints } = endpoint;
  const labels = Object.keys(deprecatedTopology).length;
  const at = `${path}.addresses`;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(fieldError.required(at, "must contain at least 1 address"));
  if (addresses.length > maxAddresses) errors.push(fieldError.tooMany(at, addresses.length, maxAddresses));
  errors.push(...each(addresses, at, (address, index) => addressErrors(index, address, addressType)));
  if (labels > maxTopologyLabels) errors.push(fieldError.tooMany(`${path}.deprecatedTopology`, labels, maxTopologyLabels));
  errors.push(...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`));
  if (nodeName !== undefined) errors.push(...subdomain(`${path}.nodeName`, nodeName));
  if (hostname !== undefined) errors.push(...label(`${path}.hostname`, hostname));
  if (hints !== undefined) errors.push(...hintErrors(`${path}.hints`, hints));
  return errors;
}

function addressErrors(path: string, address: string, addressType: string): readonly FieldError[] {
  if (addressType === "FQDN") return address === "" ? [fieldError.required(path)] : matches(path, address.replace(/\.$/, ""), fullyQualifiedDomainNameErrors);
  if (addressType !== "IPv4" && addressType !== "IPv6") return [];
  const errors = ipErrors(path, address);
  if (errors.length > 0) return errors;
  const family = familyOf(address);
  const wrong = family === addressType ? [] : [fieldError.invalid(path, address, `must be an ${addressType} address`)];
  return joined(wrong, nonSpecialIPErrors(path, address));
}

function hintErrors(path: string, { forZones = [], forNodes = [] }: EndpointHints): readonly FieldError[] {
  return joined(hintListErrors(`${path}.forZones`, forZones, labelValueErrors), hintListErrors(`${path}.forNodes`, forNodes, undefined));
}

function hintListErrors(path: string, hints: readonly { name: string }[], rule: NameRule | undefined): readonly FieldError[] {
  if (hints.length > maxHints) return [fieldError.tooMany(path, hints.length, maxHints)];
  const errors = each(hints, path, ({ name }, at) => (rule === undefined ? subdomain(`${at}.name`, name ?? "") : matches(`${at}.name`, name ?? "", rule)));
  const repeated = duplicates(
    hints,
    path,
    ({ name }) => name,
    (at, _hint, name) => fieldError.duplicate(`${at}.name`, name),
  );
  return joined(errors, repeated);
}

function portsErrors(path: string, ports: readonly EndpointPort[]): readonly FieldError[] {
  if (ports.length > maxPorts) return [fieldError.tooMany(path, ports.length, maxPorts)];
  const names = new Set<string>();
  return each(ports, path, ({ name = "", port, protocol, appProtocol }, at) => {
    const errors = [...matchesIfSet(`${at}.name`, name, dns1123LabelErrors)];
    // The empty name counts as a name: two ports cannot both be without.
    if (names.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
    names.add(name);
    if (protocol === undefined) errors.push(fieldError.required(`${at}.protocol`));
    if (port !== undefined) errors.push(...portNumber(`${at}.port`, port));
    if (appProtocol !== undefined) errors.push(...qualifiedName(`${at}.appProtocol`, appProtocol));
    return errors;
  });
}

export function endpointSliceUpdateErrors(slice: EndpointSlice, old: EndpointSlice): readonly FieldError[] {
  return joined(immutable("addressType", slice.addressType ?? "", old.addressType), endpointSliceAddressErrors(slice, old));
}

/** What clients may write from now on (KEP-4858). */
export function endpointSliceAddressErrors({ addressType, endpoints }: EndpointSlice, old?: EndpointSlice): readonly FieldError[] {
  if (addressType !== "IPv4" && addressType !== "IPv6") return [];
  const before = (old?.endpoints ?? []).flatMap(({ addresses = [] }) => addresses);
  return each(endpoints, "endpoints", ({ addresses }, path) => each(addresses, `${path}.addresses`, (address, at) => looseIPErrors(at, address, before)));
}
