/** Failures of the container runtime. */

/** gRPC status codes a kubelet tells apart; all others are "UNKNOWN". */
export type CriCode = "NOT_FOUND" | "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "UNIMPLEMENTED" | "CANCELLED" | "RESOURCE_EXHAUSTED" | "UNKNOWN";

/** The runtime refused or could not be reached. `phase` tells a call that never arrived from one that was answered. */
export class CriError extends Error {
  override readonly name = "CriError";
  readonly code: CriCode;
  readonly phase: "connect" | "call";
  /** The same call may succeed later without anything else changing. */
  readonly retryable: boolean;
  /** What the runtime said, without our own words around it. */
  readonly description: string;

  constructor(method: string, code: CriCode, description: string, options?: ErrorOptions) {
    super(`cannot call the container runtime's ${method}: ${description}`, options);
    this.code = code;
    this.phase = code === "UNAVAILABLE" ? "connect" : "call";
    this.retryable = code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED" || code === "RESOURCE_EXHAUSTED";
    this.description = description;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof CriError && error.code === "NOT_FOUND";
}

/** The text of an Event about a failed runtime call, as gRPC clients of Go word it. */
export function rpcText(error: unknown): string {
  if (!(error instanceof CriError)) return error instanceof Error ? error.message : String(error);
  return `rpc error: code = ${goCode[error.code]} desc = ${error.description}`;
}

const goCode: Record<CriCode, string> = {
  NOT_FOUND: "NotFound",
  UNAVAILABLE: "Unavailable",
  DEADLINE_EXCEEDED: "DeadlineExceeded",
  UNIMPLEMENTED: "Unimplemented",
  CANCELLED: "Canceled",
  RESOURCE_EXHAUSTED: "ResourceExhausted",
  UNKNOWN: "Unknown",
};
