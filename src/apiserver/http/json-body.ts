import { type JsonLimits, measureJson } from "../../machinery/json-measure.ts";
import { requestEntityTooLarge } from "../../machinery/status.ts";
import { bodyLimits, measuredFromBytes } from "../registry/body-limits.ts";
import type { JsonBody } from "../registry/decode.ts";

/** Throws 413 for more than the steps to come could take in one go. */
export function jsonBody(bytes: Uint8Array, limits: JsonLimits = bodyLimits): JsonBody {
  if (bytes.length < measuredFromBytes) return { type: "json", bytes };
  const { exceeded, keys } = measureJson(bytes, limits);
  if (exceeded !== undefined) throw requestEntityTooLarge(`Request entity too large: ${exceeded}`);
  return { type: "json", bytes, keys };
}
