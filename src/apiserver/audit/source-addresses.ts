/** Where a request came from, first the client and last the peer (k8s.io/apimachinery/pkg/util/net.SourceIPs). */
import { isIP } from "node:net";
import type { Credentials } from "../contract.ts";

export function sourceAddresses(headers: Credentials["headers"], remoteAddress: string): string[] {
  const forwarded = textOf(headers["x-forwarded-for"])
    .split(",")
    .map((text) => text.trim())
    .filter((text) => isIP(text) !== 0);
  const real = textOf(headers["x-real-ip"]).trim();
  const addresses = [...forwarded, ...(forwarded.length === 0 && isIP(real) !== 0 ? [real] : [])];
  if (remoteAddress !== "" && addresses.at(-1) !== remoteAddress) addresses.push(remoteAddress);
  return addresses;
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === "string" ? value : (value ?? []).join(",");
}
