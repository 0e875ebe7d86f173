/** The continue token of paged lists: base64url JSON like Kubernetes' own, so that a token tells what went wrong. */
import { JsonError, parseJson } from "../../machinery/json-codec.ts";
import { badRequest } from "../../machinery/status.ts";

export interface ContinueToken {
  /** Revision of the first page; below zero in an inconsistent token: go on at the newest revision. */
  readonly revision: number;
  /** Key relative to the listed prefix at which to go on, inclusive. */
  readonly start: string;
}

const tokenVersion = "meta.k8s.io/v1";

/** The token for what follows that key. */
export function continueAfter(revision: number, key: string): string {
  // The first key that can follow is the same with a NUL behind it.
  return encodeContinue({ revision, start: `${key}\u0000` });
}

export function encodeContinue({ revision, start }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: tokenVersion, rv: revision, start })).toString("base64url");
}

/** Throws 400. */
export function decodeContinue(text: string): ContinueToken {
  const { v, rv, start } = fieldsOf(text);
  if (v !== tokenVersion) throw invalidToken(` server does not recognize this encoded version ${v}`);
  if (rv === 0) throw invalidToken(" incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  if (start === "") throw invalidToken(" encoded start key empty (version meta.k8s.io/v1)");
  const key = start.startsWith("/") ? start.slice(1) : start;
  // Nobody gets out of the prefix, nor to a key that is none.
  if (key !== "" && key.split("/").some((part) => part === "" || part === "." || part === "..")) throw invalidToken(` ${start}`);
  return { revision: rv, start: key };
}

function invalidToken(problem: string) {
  return badRequest(`invalid continue token: continue key is not valid:${problem}`);
}

function fieldsOf(text: string): { v: string; rv: number; start: string } {
  const illegal = illegalByte(text);
  if (illegal !== undefined) throw invalidToken(` illegal base64 data at input byte ${illegal}`);
  const value = parsed(Buffer.from(text, "base64url"));
  if (value === null) return { v: "", rv: 0, start: "" };
  if (typeof value !== "object" || Array.isArray(value)) throw wrongType(value, "value of type storage.continueToken");
  const { v = "", rv = 0, start = "" } = value as { v?: unknown; rv?: unknown; start?: unknown };
  if (typeof v !== "string") throw wrongType(v, "struct field continueToken.v of type string");
  if (typeof rv !== "number" || !Number.isSafeInteger(rv)) throw wrongType(rv, "struct field continueToken.rv of type int64");
  if (typeof start !== "string") throw wrongType(start, "struct field continueToken.start of type string");
  return { v, rv, start };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (error instanceof JsonError) throw invalidToken(` ${error.message}`);
    throw error;
  }
}

function wrongType(value: unknown, target: string) {
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value === "bigint" ? "number" : typeof value;
  const number = kind === "number" && target.endsWith("int64") ? ` ${value}` : "";
  return invalidToken(` json: cannot unmarshal ${kind}${number} into Go ${target}`);
}

/** Index of what has no place in base64url without padding. Line breaks do not count, as in Go. */
function illegalByte(text: string): number | undefined {
  const found = /[^A-Za-z0-9_\-\r\n]/.exec(text);
  if (found !== null) return Buffer.byteLength(text.slice(0, found.index));
  return text.replace(/[\r\n]/g, "").length % 4 === 1 ? text.length - 1 : undefined;
}
