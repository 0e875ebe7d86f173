import { StatusError } from "../status.ts";

/** Why a patch does not fit the object. Clients never see the text: the API server answers `unprocessable`, and logs this. */
export class PatchError extends Error {
  override readonly name = "PatchError";
}

/**
 * What kube-apiserver answers when a well-formed patch cannot be applied (a failed `test`, a missing path): 422
 * Invalid with a message that does not say why. The reason is the error's `cause`.
 */
export function unprocessable(cause: PatchError): StatusError {
  const message = "the server rejected our request due to an error in our request";
  return new StatusError({ code: 422, reason: "Invalid", message, details: {} }, { cause });
}
