/** A failure that the kubelet's HTTPS server answers with as plain text, which is what kubelets speak instead of Status objects. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
