/** Pod fields and container resources as text, for environment variables and downward API files. */
import type { Container } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { parseQuantity, quantityMilliValue, quantityValue } from "../../machinery/quantity.ts";

/** Facts of the running pod and its node that no spec holds. */
export interface DownwardFacts {
  readonly podIps: readonly string[];
  readonly nodeIps: readonly string[];
  readonly nodeName: string;
  /** Node allocatable: the limit of a container that has none. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** The value at `fieldPath`; throws for a path that the downward API does not know. */
export function fieldValue(pod: Pod, fieldPath: string, facts: DownwardFacts): string {
  const subscript = /^metadata\.(annotations|labels)\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) return pod.metadata[subscript[1] as "annotations" | "labels"]?.[subscript[2]!] ?? "";
  const read = fields[fieldPath];
  if (read === undefined) throw new Error(`unsupported fieldPath: ${fieldPath}`);
  return read(pod, facts);
}

const fields: Record<string, (pod: Pod, facts: DownwardFacts) => string> = {
  "metadata.name": (pod) => pod.metadata.name,
  "metadata.namespace": (pod) => pod.metadata.namespace ?? "",
  "metadata.uid": (pod) => pod.metadata.uid,
  "metadata.labels": (pod) => formatMap(pod.metadata.labels),
  "metadata.annotations": (pod) => formatMap(pod.metadata.annotations),
  "spec.nodeName": (_pod, facts) => facts.nodeName,
  "spec.serviceAccountName": (pod) => pod.spec.serviceAccountName ?? "",
  "status.hostIP": (_pod, facts) => facts.nodeIps[0] ?? "",
  "status.hostIPs": (_pod, facts) => facts.nodeIps.join(","),
  "status.podIP": (_pod, facts) => facts.podIps[0] ?? "",
  "status.podIPs": (_pod, facts) => facts.podIps.join(","),
};

/** Sorted lines `key="value"`, escaped as Go's %q does. */
export function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${goQuote(value)}`)
    .join("\n");
}

/** JSON quotes as Go does but for control characters, which Go writes \x07 or by their short names. */
function goQuote(text: string): string {
  const short: Record<string, string> = {
    "\u0007": "\\a",
    "\u000b": "\\v",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
  };
  return `"${text.replace(/[\u0000-\u001f\u007f"\\]/g, (char) => short[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

/** `limits.cpu` and its like in units of `divisor` (1 when absent or 0), rounded up. */
export function resourceValue(container: Container, resource: string, divisor: string | undefined, facts: DownwardFacts): string {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const [kind, name] = splitResource(resource);
  const quantity = kind === "limits" ? (limits[name] ?? facts.allocatable[name] ?? "0") : (requests[name] ?? limits[name] ?? "0");
  return String(divideUp(name, quantity, divisor));
}

function splitResource(resource: string): [kind: "limits" | "requests", name: string] {
  const match = /^(limits|requests)\.(.+)$/.exec(resource);
  if (match === null) throw new Error(`unsupported container resource : ${resource}`);
  return [match[1] as "limits" | "requests", match[2]!];
}

function divideUp(name: string, quantity: string, divisor: string | undefined): number {
  const amount = parseQuantity(quantity);
  const unit = parseQuantity(divisor === undefined || divisor === "0" || divisor === "" ? "1" : divisor);
  if (name === "cpu") return Math.ceil(quantityMilliValue(amount) / quantityMilliValue(unit));
  return Math.ceil(quantityValue(amount) / quantityValue(unit));
}
