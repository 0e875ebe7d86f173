/** Optional values. */
import { declare, type FunctionDeclaration, member, overload } from "../functions.ts";
import { ArrayList, CelList, CelMap, fail, Opaque, Optional, Timestamp, Uint, type Value } from "../values.ts";

function isZero(value: Value): boolean {
  if (value === null || value === false || value === "" || value === 0 || value === 0n) return true;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Optional) return value.value === undefined;
  return typeof value === "object" && !(value instanceof Opaque) && "nanos" in value && !(value instanceof Timestamp) && value.nanos === 0n;
}

export const optionals: readonly FunctionDeclaration[] = [
  declare(
    "optional.of",
    overload("optional_of", ["A"], "optional(A)", (value) => new Optional(value)),
  ),
  declare(
    "optional.ofNonZeroValue",
    overload("optional_ofNonZeroValue", ["A"], "optional(A)", (value) => new Optional(isZero(value) ? undefined : value)),
  ),
  declare(
    "optional.none",
    overload("optional_none", [], "optional(A)", () => new Optional(undefined)),
  ),
  declare(
    "value",
    member("optional_value", ["optional(A)"], "A", ({ value }) => value ?? (value === null ? null : fail("optional.none() dereference"))),
  ),
  declare(
    "hasValue",
    member("optional_hasValue", ["optional(A)"], "bool", ({ value }) => value !== undefined),
  ),
  declare(
    "or",
    member("optional_or_optional", ["optional(A)", "optional(A)"], "optional(A)", (first, second) => (first.value === undefined ? second : first)),
  ),
  declare(
    "orValue",
    member("optional_orValue_value", ["optional(A)", "A"], "A", ({ value }, absent) => (value === undefined ? absent : value)),
  ),
  declare(
    "optional.unwrap",
    overload(
      "optional_unwrap",
      ["list(optional(A))"],
      "list(A)",
      (list) => new ArrayList([...list].flatMap((item) => (item instanceof Optional && item.value !== undefined ? [item.value] : []))),
    ),
  ),
  declare(
    "unwrapOpt",
    member(
      "optional_unwrapOpt",
      ["list(optional(A))"],
      "list(A)",
      (list) => new ArrayList([...list].flatMap((item) => (item instanceof Optional && item.value !== undefined ? [item.value] : []))),
    ),
  ),
  declare(
    "_[?_]",
    overload("list_optindex_optional_int", ["list(A)", "int"], "optional(A)"),
    overload("optional_list_optindex_optional_int", ["optional(list(A))", "int"], "optional(A)"),
    overload("map_optindex_optional_value", ["map(A, B)", "A"], "optional(B)"),
    overload("optional_map_optindex_optional_value", ["optional(map(A, B))", "A"], "optional(B)"),
  ),
];
