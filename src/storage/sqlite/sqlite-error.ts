/** SQLite's result codes in the store's own terms (https://sqlite.org/rescode.html). */
import { StoreCorruptError, StoreUnavailableError } from "../store.ts";
import type { ErrorKind } from "./messages.ts";

const ERROR = 1;
/** Extended codes: the sync of a file, and of a folder, has failed. */
const FAILED_SYNCS = [1034, 1290];
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/** What to do about a damaged file, at the end of every sentence that reports one. */
export const WAY_BACK =
  "Nothing has been changed. Restore a snapshot (`coracle snapshot restore FILE --force`), or keep what can still be read (`coracle store salvage`); `coracle store verify` shows what is damaged";

/** What a failed sync means, at the end of every sentence that reports one. */
export const AFTER_FAILED_SYNC =
  "The disk has failed to sync: writes that were not answered may or may not be on it, none of them half, and no more are taken until it has been seen to and the server started anew";

export class SqliteStoreError extends Error {
  readonly kind: ErrorKind;
  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export function errorKind(error: unknown): ErrorKind {
  if (error instanceof SqliteStoreError) return error.kind;
  if (error instanceof StoreCorruptError) return "corrupt";
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (code === "ENOSPC" || code === "EDQUOT") return "full";
  switch (errcode === undefined ? 0 : errcode & 0xff) {
    case BUSY:
    case LOCKED:
      return "locked";
    // What it is asked is always the same: where it does not understand that, it is the tables that are not as they were.
    case ERROR:
    case CORRUPT:
    case NOT_A_DATABASE:
      return "corrupt";
    case FULL:
      return "full";
    default:
      return "failed";
  }
}

/** SQLite's own syncs, of the log's header and around a checkpoint, and that of a checkpoint by us. */
export function isFailedSync(error: unknown): boolean {
  const { errcode, syscall } = error as { errcode?: number; syscall?: string };
  return syscall === "fdatasync" || FAILED_SYNCS.includes(errcode ?? 0);
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error callers see. `doing` reads "cannot VERB OBJECT". */
export function storeError(doing: string, failure: { readonly kind: ErrorKind; readonly message: string }): Error {
  switch (failure.kind) {
    case "corrupt":
      return new StoreCorruptError(`${doing}: ${failure.message}. ${WAY_BACK}.`);
    case "full":
      return new StoreUnavailableError(`${doing}: no space left on the device; reads go on, writes resume when there is room`);
    case "unsynced":
      return new StoreUnavailableError(`${doing}: ${failure.message}. ${AFTER_FAILED_SYNC}.`);
    case "locked":
    case "failed":
      return new StoreUnavailableError(`${doing}: ${failure.message}`);
  }
}
