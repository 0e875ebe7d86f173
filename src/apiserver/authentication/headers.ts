/** Reading credentials out of request headers. */
import type { Credentials } from "../contract.ts";

/** Every value of one header, in order; empty when it is absent. `name` is lower case. */
export function headerValues(headers: Credentials["headers"], name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}

/** Values of a header that clients repeat, one a value: as they came, not as Node joins them. */
export function repeatedValues({ headers, headerLines }: Pick<Credentials, "headers" | "headerLines">, name: string): readonly string[] {
  return headers[name] === undefined ? [] : (headerLines?.(name) ?? headerValues(headers, name));
}

/** WebSocket clients in browsers cannot set Authorization: the token hides in a subprotocol of this prefix. */
const webSocketTokenPrefix = "base64url.bearer.authorization.k8s.io.";

/** The bearer token of `Authorization: Bearer …`, or of the WebSocket subprotocol; undefined without one. */
export function bearerToken(headers: Credentials["headers"]): string | undefined {
  const [authorization] = headerValues(headers, "authorization");
  if (authorization === undefined) return webSocketToken(headers);
  const match = /^bearer +(\S+)\s*$/i.exec(authorization.trim());
  return match?.[1];
}

function webSocketToken(headers: Credentials["headers"]): string | undefined {
  const protocols = headerValues(headers, "sec-websocket-protocol").flatMap((value) => value.split(","));
  const carrier = protocols.map((value) => value.trim()).find((value) => value.startsWith(webSocketTokenPrefix));
  if (carrier === undefined) return undefined;
  const token = Buffer.from(carrier.slice(webSocketTokenPrefix.length), "base64url").toString("utf8");
  return token === "" ? undefined : token;
}
