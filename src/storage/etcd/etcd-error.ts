/** etcd's errors (its api/v3rpc/rpctypes) in the store's own terms, and which of them may be tried again. */
import { status as Code, type ServiceError } from "@grpc/grpc-js";
import { FutureRevisionError, StoreUnavailableError } from "../store.ts";

export type Outcome =
  /** The request has certainly not been carried out: any request may go to another member. */
  | "refused"
  /** It may have been carried out: only what changes nothing, or the same thing twice, may be sent again. */
  | "unknown"
  /** The cluster's answer; asking again gives the same. */
  | "final";

/** Sentences of etcd by what they say of the request. */
const REFUSED = [/no leader/, /too many requests/, /not supported for learner/, /No connection established/, /Name resolution failed/];

export function outcome(error: unknown): Outcome {
  if (!isServiceError(error)) return "final";
  if (REFUSED.some((words) => words.test(error.details))) return "refused";
  switch (error.code) {
    case Code.UNAVAILABLE:
    case Code.DEADLINE_EXCEEDED:
    case Code.INTERNAL:
      return "unknown";
    default:
      return "final";
  }
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as Partial<ServiceError>).code === "number" && typeof (error as Partial<ServiceError>).details === "string";
}

export function isCompacted(error: unknown): boolean {
  return isServiceError(error) && /required revision has been compacted/.test(error.details);
}

export function isFuture(error: unknown): boolean {
  return isServiceError(error) && /required revision is a future revision/.test(error.details);
}

export function isLeaseNotFound(error: unknown): boolean {
  return isServiceError(error) && /requested lease not found/.test(error.details);
}

export function isLeaseTaken(error: unknown): boolean {
  return isServiceError(error) && /lease already exists/.test(error.details);
}

/** Alarms among the errors of a member's status, `memberID:10276657743932975437 alarm:NOSPACE` in all versions; each once. */
export function alarmsOf(errors: readonly string[]): string[] {
  return [...new Set(errors.flatMap((text) => /\balarm:\s*(\w+)/.exec(text)?.[1] ?? []))];
}

/** The error callers see, for all that has no meaning of its own to the caller. `doing` reads "cannot VERB OBJECT". */
export function storeError(doing: string, error: unknown): Error {
  if (!isServiceError(error)) return error instanceof Error ? error : new Error(String(error));
  const options = { cause: error };
  if (isFuture(error)) return new FutureRevisionError(`${doing}: ${error.details}`, options);
  if (/database space exceeded/.test(error.details)) {
    const advice = "it has raised its NOSPACE alarm; compact, defragment and disarm it (etcdctl alarm disarm)";
    return new StoreUnavailableError(`${doing}: ${error.details}: ${advice}`, options);
  }
  switch (error.code) {
    case Code.INVALID_ARGUMENT:
    case Code.OUT_OF_RANGE:
      return new Error(`${doing}: ${error.details}`, options);
    default:
      return new StoreUnavailableError(`${doing}: ${error.details}`, options);
  }
}
