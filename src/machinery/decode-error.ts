/** What a body that cannot be decoded is answered with: Go's words for the fault, kube-apiserver's around them. */
import { badRequest, type StatusError } from "./status.ts";

/** The value is not of the schema's form, or (Strict) holds what the schema does not know. Texts as Go's decoder's. */
export class DecodeError extends Error {
  override readonly name: string = "DecodeError";
}

/** Unknown or duplicate fields under Strict: patches report these differently from wrong types. */
export class StrictDecodeError extends DecodeError {
  override readonly name = "StrictDecodeError";
}

/** The body names a kind that was recognised, but could not be read as it. */
export function cannotBeHandled(kind: string, version: string, expectedKind: string, problem: string): StatusError {
  return badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expectedKind}: ${problem}`);
}

/** The body is not even an object with a kind: no JSON, say. `problem` is the parser's message. */
export function unrecognizedObject(expectedKind: string, problem: string, body: Uint8Array | string): StatusError {
  return unreadableObject(expectedKind, withoutKind(problem), body);
}

/** What upstream puts before the words of its JSON parser. */
export function withoutKind(problem: string): string {
  return `couldn't get version/kind; json parse error: ${problem}`;
}

/** Nothing could be made of the body: it is no YAML, or no protobuf. */
export function unreadableObject(expectedKind: string, problem: string, body: Uint8Array | string): StatusError {
  const text = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return badRequest(`the object provided is unrecognized (must be of type ${expectedKind}): ${problem} (${summary(text)})`);
}

/** The first bytes of a body: as text when it looks like JSON, else in hexadecimal. */
function summary(body: Uint8Array): string {
  if (body.length === 0) return "<empty>";
  const head = body.subarray(0, 30);
  const dots = body.length > 30 ? " ..." : "";
  if (body[0] === 0x7b) return new TextDecoder().decode(head) + dots;
  return Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join("") + dots;
}
