/** The API server could not be reached, or its answer could not be understood. Failures it reports itself are StatusErrors. */

/** connect: no connection; send: broke before an answer began; receive: broke within the answer; decode: the answer made no sense. */
export type TransportPhase = "connect" | "send" | "receive" | "decode";

export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly phase: TransportPhase;
  /** Sending the same request again may help and does no harm: the server did not begin it, or it only reads. */
  readonly retryable: boolean;

  constructor(phase: TransportPhase, retryable: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.phase = phase;
    this.retryable = retryable;
  }
}
