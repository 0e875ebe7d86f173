import { joined, none } from "../machinery/joined.ts";
import { byteLength, dns1123SubdomainErrors } from "../machinery/names.ts";
import { type FieldError, fieldError } from "../machinery/status.ts";

const maxBytes = 63;

/** Names of drivers, of volumes and of devices: a short subdomain in any case (core's ValidateCSIDriverName). None breaks two rules. */
export function driverNameErrors(path: string, name = ""): readonly FieldError[] {
  return joined(
    name === "" ? [fieldError.required(path)] : none,
    byteLength(name) > maxBytes ? [fieldError.tooLong(path, maxBytes)] : none,
    dns1123SubdomainErrors(name.toLowerCase()).map((text) => fieldError.invalid(path, name, text)),
  );
}
