/** What an audit event shows of a request's body. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { type Body, decodeBody, parsePatchBody } from "../registry/decode.ts";

/** Undefined for a body that cannot be read: the request then fails by itself. */
export function requestObjectOf(body: Body | undefined, definition: AnyResourceDefinition | undefined): unknown {
  if (body === undefined) return undefined;
  try {
    if (body.type !== "protobuf") return parsePatchBody(body);
    if (definition === undefined) return undefined;
    return decodeBody(body, { schema: definition.schema, gvk: definition, validation: "Ignore", warn: () => undefined });
  } catch {
    return undefined;
  }
}
