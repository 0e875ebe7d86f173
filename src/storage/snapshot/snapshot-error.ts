/** The file is not a snapshot, or not any more the one that was written. Nothing was changed. */
export class SnapshotDamagedError extends Error {
  override readonly name = "SnapshotDamagedError";
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`cannot use snapshot "${path}": ${reason}`, options);
  }
}
