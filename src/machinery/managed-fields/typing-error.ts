/** A value does not fit its schema. `path` is in the form `.spec.ports[port=80]`. */
export class TypingError extends Error {
  override readonly name = "TypingError";
  readonly path: string;
  readonly detail: string;

  constructor(path: string, detail: string) {
    super(path === "" ? detail : `${path}: ${detail}`);
    this.path = path;
    this.detail = detail;
  }

  under(prefix: string): TypingError {
    return new TypingError(prefix + this.path, this.detail);
  }
}

/** All errors of one object in one text. */
export function typingErrorText(errors: readonly TypingError[]): string {
  return errors.length === 1 ? (errors[0] as TypingError).message : ["errors:", ...errors.map((error) => `  ${error.message}`)].join("\n");
}
