import { joined, none } from "../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { ipErrors, looseIPErrors, nonSpecialIPErrors } from "../../ip.ts";
import { each, label, portNumber, qualifiedName, required, subdomain } from "../../validation.ts";
import type { EndpointAddress, EndpointPort, Endpoints } from "./endpoints.ts";

export function endpointsErrors({ subsets }: Endpoints): readonly FieldError[] {
  return each(subsets, "subsets", ({ addresses = [], notReadyAddresses = [], ports = [] }, at) =>
    joined(
      addresses.length + notReadyAddresses.length === 0 ? [fieldError.required(at, "must specify `addresses` or `notReadyAddresses`")] : none,
      each(addresses, `${at}.addresses`, addressErrors),
      each(notReadyAddresses, `${at}.notReadyAddresses`, addressErrors),
      each(ports, `${at}.ports`, (port, index) => portErrors(index, port, ports.length > 1)),
    ),
  );
}

function addressErrors({ ip = "", hostname, nodeName }: EndpointAddress, path: string): readonly FieldError[] {
  return joined(
    ipErrors(`${path}.ip`, ip),
    hostname ? label(`${path}.hostname`, hostname) : none,
    nodeName === undefined ? none : subdomain(`${path}.nodeName`, nodeName),
    nonSpecialIPErrors(`${path}.ip`, ip),
  );
}

function portErrors(path: string, { name, port, protocol, appProtocol }: EndpointPort, needsName: boolean): readonly FieldError[] {
  return joined(
    name ? label(`${path}.name`, name) : needsName ? [fieldError.required(`${path}.name`)] : none,
    portNumber(`${path}.port`, port ?? 0),
    required(`${path}.protocol`, protocol),
    appProtocol === undefined ? none : qualifiedName(`${path}.appProtocol`, appProtocol),
  );
}

/** What clients may write from now on (KEP-4858). */
export function endpointsAddressErrors({ subsets }: Endpoints, old?: Endpoints): readonly FieldError[] {
  const before = (old?.subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [] }) =>
    [...addresses, ...notReadyAddresses].flatMap(({ ip }) => ip ?? []),
  );
  return each(subsets, "subsets", (subset, at) =>
    (["addresses", "notReadyAddresses"] as const).flatMap((field) =>
      each(subset[field], `${at}.${field}`, ({ ip }, index) => looseIPErrors(`${index}.ip`, ip, before)),
    ),
  );
}
