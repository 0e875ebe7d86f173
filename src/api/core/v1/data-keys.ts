import { type FieldError, fieldError } from "../../../machinery/status.ts";

const maxKeyLength = 253;
const keyPattern = /^[-._a-zA-Z0-9]+$/;

/** Keys of ConfigMap and Secret data become file names: no separators, no `.` and `..`, nothing starting with `..`. */
export function dataKeyErrors(path: string, key: string): readonly FieldError[] {
  if (key.length > maxKeyLength) return [fieldError.invalid(path, key, `must be no more than ${maxKeyLength} characters`)];
  if (!keyPattern.test(key)) {
    return [
      fieldError.invalid(
        path,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ),
    ];
  }
  if (key === ".") return [fieldError.invalid(path, key, "must not be '.'")];
  if (key === "..") return [fieldError.invalid(path, key, "must not be '..'")];
  if (key.startsWith("..")) return [fieldError.invalid(path, key, "must not start with '..'")];
  return [];
}
