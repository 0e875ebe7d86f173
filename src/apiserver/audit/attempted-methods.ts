/** How a request that is 401 tried to say who it is from. Never says with what. */
import type { Credentials } from "../contract.ts";

export function attemptedMethods({ headers, clientCertificate }: Credentials, query: URLSearchParams): string {
  const authorization = headers["authorization"];
  const scheme = typeof authorization === "string" ? authorization.trim().split(" ") : [];
  const methods = [
    ...(scheme[0]?.toLowerCase() === "basic" && scheme.length > 1 ? ["basic"] : []),
    ...(scheme[0]?.toLowerCase() === "bearer" && scheme.length > 1 ? ["bearer"] : []),
    ...((query.get("access_token") ?? "").trim() === "" ? [] : ["access_token"]),
    ...(clientCertificate === undefined ? [] : ["x509"]),
  ];
  return methods.length === 0 ? "Authentication failed, no credentials provided" : `Authentication failed, attempted: ${methods.join(", ")}`;
}
