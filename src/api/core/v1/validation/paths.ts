/** File names and paths inside volumes. */
import { joined, none } from "../../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";

export function noBackstepsErrors(path: string, target: string): readonly FieldError[] {
  const hasBacksteps = target.includes("..") && target.split("/").includes("..");
  return hasBacksteps ? [fieldError.invalid(path, target, "must not contain '..'")] : none;
}

/** A path that stays below the folder it is relative to. */
export function descendingPathErrors(path: string, target: string): readonly FieldError[] {
  const absolute = target.startsWith("/") ? [fieldError.invalid(path, target, "must be a relative path")] : none;
  return joined(absolute, noBackstepsErrors(path, target));
}

/** The same, and clear of the names that the atomic writer keeps for itself. */
export function nonReservedPathErrors(path: string, target: string): readonly FieldError[] {
  const reserved = target.startsWith("..") && !target.startsWith("../");
  return joined(descendingPathErrors(path, target), reserved ? [fieldError.invalid(path, target, "must not start with '..'")] : none);
}

export function fileModeErrors(path: string, mode: number | undefined): readonly FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return none;
  return [fieldError.invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive")];
}
