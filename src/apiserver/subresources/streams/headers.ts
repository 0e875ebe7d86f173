/** Headers that belong to one connection, and those that may pass a proxy (RFC 9110, 7.6.1). */
import type { IncomingMessage } from "node:http";

export type Headers = Record<string, string | string[]>;

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** All but the hop-by-hop headers: the fixed ones and those that Connection names. Pseudo-headers of HTTP/2 are dropped too. */
export function endToEnd(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Headers {
  const named = new Set(
    [headers["connection"] ?? []]
      .flat()
      .flatMap((value) => value.split(","))
      .map((name) => name.trim().toLowerCase()),
  );
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":") || hopByHop.has(name) || named.has(name)) continue;
    kept[name] = typeof value === "string" ? value : [...value];
  }
  return kept;
}

export function responseHeaders(message: IncomingMessage): Headers {
  return endToEnd(message.headers);
}
