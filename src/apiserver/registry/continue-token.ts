/** The continue token of paged lists: base64url JSON like Kubernetes' own, so that a token tells what went wrong. */
import { badRequest } from "../../machinery/status.ts";

export interface ContinueToken {
  /** Revision of the first page; -1 in an inconsistent token: go on at the newest revision. */
  readonly revision: number;
  /** Key relative to the listed prefix after which to go on, exclusive. */
  readonly after: string;
}

const tokenVersion = "meta.k8s.io/v1";

export function encodeContinue(token: ContinueToken): string {
  // Kubernetes writes the first key of the next page; a trailing NUL makes the exclusive bound an inclusive one.
  return Buffer.from(JSON.stringify({ v: tokenVersion, rv: token.revision, start: `${token.after}\u0000` })).toString("base64url");
}

export function decodeContinue(text: string): ContinueToken {
  const parsed = parse(text);
  if (parsed === undefined) throw badRequest("invalid continue token: continue key is not valid: illegal base64 data or JSON");
  if (parsed.v !== tokenVersion) {
    throw badRequest(
      `invalid continue token: continue key is not valid: server does not recognize this encoded version ${typeof parsed.v === "string" ? parsed.v : ""}`,
    );
  }
  if (typeof parsed.rv !== "number" || !Number.isSafeInteger(parsed.rv) || parsed.rv === 0 || parsed.rv < -1) {
    throw badRequest("invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (typeof parsed.start !== "string" || parsed.start === "") {
    throw badRequest("invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  }
  const after = parsed.start.endsWith("\u0000") ? parsed.start.slice(0, -1) : parsed.start;
  if (after.split("/").includes("..")) throw badRequest("invalid continue token: continue key is not valid: key cannot have '..' in it");
  return { revision: parsed.rv, after };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
