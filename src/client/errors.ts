/** What clients ask of a failure. Works on unknown values, as they come out of `catch`. */
import { StatusError } from "../machinery/status.ts";

/** A broken promise of the program to itself. Never retried: it ends the process. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}

/** The object was changed meanwhile: read again and retry. */
export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "Conflict";
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "AlreadyExists";
}

/** The revision asked for has been compacted away: list again. */
export function isExpired(error: unknown): boolean {
  return error instanceof StatusError && error.code === 410;
}

export function isInvalid(error: unknown): boolean {
  return error instanceof StatusError && error.code === 422;
}

/** Creation refused because the namespace is going away: nothing to retry. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof StatusError && error.code === 403 && (error.status.details?.causes ?? []).some((cause) => cause.reason === "NamespaceTerminating");
}

/** Text of any thrown value, for logs and messages. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
