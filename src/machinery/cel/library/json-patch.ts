/** For mutating policies: a key as a part of a JSON pointer. */
import { traversalOf } from "../costs.ts";
import { declare, type FunctionDeclaration, overload } from "../functions.ts";

export const jsonPatch: readonly FunctionDeclaration[] = [
  declare(
    "jsonpatch.escapeKey",
    overload(
      "string_jsonpatch_escapeKey_string",
      ["string"],
      "string",
      (key) => key.replaceAll("~", "~0").replaceAll("/", "~1"),
      ([key]) => traversalOf(key),
    ),
  ),
];
