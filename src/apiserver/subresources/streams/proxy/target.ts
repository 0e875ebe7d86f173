/** What the name in a proxy path stands for: `{[scheme:]name[:port]}`. */

export interface ProxyTarget {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** A number or a port's name; "" when none was given. */
  readonly port: string;
}

/** undefined when it cannot be read (k8s.io/apimachinery/pkg/util/net SplitSchemeNamePort). */
export function parseTarget(id: string): ProxyTarget | undefined {
  const parts = id.split(":");
  if (parts.length > 3) return undefined;
  const [scheme, name, port] = parts.length === 3 ? parts : ["", parts[0], parts[1] ?? ""];
  if (!name || (scheme !== "" && scheme !== "http" && scheme !== "https")) return undefined;
  return { scheme: scheme === "https" ? "https" : "http", name, port: port! };
}

/** Where to dial. */
export interface Backend {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

/** A port number of a backend; undefined for anything else. */
export function portNumber(text: string): number | undefined {
  const value = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 65535 ? value : undefined;
}
