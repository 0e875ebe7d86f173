/** Request bodies: their media type, and how they become values. */
import { unsupportedMediaType } from "../../machinery/status.ts";
import { patchTypes } from "../dispatcher.ts";
import { bodyLimits, jsonPatchLimits } from "../registry/body-limits.ts";
import type { Body } from "../registry/decode.ts";
import type { Exchange } from "./exchange.ts";
import { jsonBody } from "./json-body.ts";
import { yamlBody } from "./yaml-body.ts";

const objectTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/** Undefined when there is no body. Throws 400, 413 and 415. */
export async function readRequestBody(exchange: Exchange, limit: number): Promise<Body | undefined> {
  const mediaType = mediaTypeOf(exchange);
  const accepted = exchange.method === "PATCH" ? Object.keys(patchTypes) : objectTypes;
  const bytes = await exchange.readBody(limit);
  if (bytes.length === 0 && exchange.method !== "PATCH") return undefined;
  if (!accepted.includes(mediaType)) throw unsupportedMediaType(accepted);
  if (mediaType.endsWith("yaml")) return yamlBody(bytes, limit);
  if (mediaType === "application/vnd.kubernetes.protobuf") return { type: "protobuf", bytes };
  return jsonBody(bytes, mediaType === "application/json-patch+json" ? jsonPatchLimits : bodyLimits);
}

/** Without a Content-Type a body is JSON. "" for what is no media type. */
function mediaTypeOf(exchange: Exchange): string {
  const header = exchange.headers["content-type"];
  if (typeof header !== "string" || header === "") return "application/json";
  const semicolon = header.indexOf(";");
  if (semicolon < 0) return header.trim().toLowerCase();
  return wellFormed.test(header.slice(semicolon)) ? header.slice(0, semicolon).trim().toLowerCase() : "";
}

/** RFC 2045 parameters; a last semicolon may stand alone. */
const wellFormed = /^(?:\s*;\s*[^\s()<>@,;:\\"/[\]?=]+=(?:[^\s()<>@,;:\\"/[\]?=]+|"(?:[^"\\\r\n]|\\.)*")\s*)*;?\s*$/;
