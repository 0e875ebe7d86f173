/** File names and paths inside volumes. */
import { type FieldError, fieldError } from "../../../../machinery/status.ts";

export function noBackstepsErrors(path: string, target: string): FieldError[] {
  return target.split("/").includes("..") ? [fieldError.invalid(path, target, "must not contain '..'")] : [];
}

/** A path that stays below the folder it is relative to. */
export function descendingPathErrors(path: string, target: string): FieldError[] {
  const absolute = target.startsWith("/") ? [fieldError.invalid(path, target, "must be a relative path")] : [];
  return [...absolute, ...noBackstepsErrors(path, target)];
}

/** The same, and clear of the names that the atomic writer keeps for itself. */
export function nonReservedPathErrors(path: string, target: string): FieldError[] {
  const reserved = target.startsWith("..") && !target.startsWith("../");
  return [...descendingPathErrors(path, target), ...(reserved ? [fieldError.invalid(path, target, "must not start with '..'")] : [])];
}

export function fileModeErrors(path: string, mode: number | undefined): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [fieldError.invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive")];
}
