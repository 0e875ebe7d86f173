/** References to a pod's own fields and resources, in variables and volumes. */
import { joined, none } from "../../../../machinery/joined.ts";
import { qualifiedNameErrors } from "../../../../machinery/names.ts";
import { canonicalQuantity } from "../../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { matches } from "../../../validation.ts";
import type { ObjectFieldSelector, ResourceFieldSelector } from "../common.ts";

export const envFieldPaths: readonly string[] = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

export const volumeFieldPaths: readonly string[] = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/** What can be referred to at all; which of it where is up to the lists above. */
const knownFieldPaths: ReadonlySet<string> = new Set([...envFieldPaths, ...volumeFieldPaths, "spec.restartPolicy", "spec.schedulerName", "status.phase"]);

export function fieldReferenceErrors(path: string, { apiVersion, fieldPath }: ObjectFieldSelector, supported: readonly string[]): readonly FieldError[] {
  if (apiVersion === "v1" && supported.includes(fieldPath)) return none;
  if (!apiVersion) return [fieldError.required(`${path}.apiVersion`)];
  if (!fieldPath) return [fieldError.required(`${path}.fieldPath`)];
  const subscripted = fieldPath.endsWith("']") ? /^(.*)\['(.*)'\]$/.exec(fieldPath) : null;
  const name = subscripted?.[1] ?? fieldPath;
  if (apiVersion !== "v1" || !knownFieldPaths.has(name)) {
    const problem = apiVersion === "v1" ? `field label not supported: ${fieldPath}` : `unsupported pod version: ${apiVersion}`;
    return [fieldError.invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${problem}`)];
  }
  if (subscripted !== null) return subscriptErrors(path, name, subscripted[2] ?? "");
  return [fieldError.notSupported(`${path}.fieldPath`, fieldPath, supported)];
}

function subscriptErrors(path: string, name: string, subscript: string): readonly FieldError[] {
  if (name === "metadata.annotations") return matches(path, subscript.toLowerCase(), qualifiedNameErrors);
  if (name === "metadata.labels") return matches(path, subscript, qualifiedNameErrors);
  return [fieldError.invalid(path, name, "does not support subscript")];
}

const resourcePaths: readonly string[] = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const hugePagePrefixes = ["requests.hugepages-", "limits.hugepages-"];

/** @param inVolume volumes belong to no container, so that the container has to be named. */
export function resourceReferenceErrors(path: string, reference: ResourceFieldSelector, inVolume: boolean): readonly FieldError[] {
  const { containerName, resource, divisor } = reference;
  const errors: FieldError[] = [];
  if (inVolume && !containerName) errors.push(fieldError.required(`${path}.containerName`));
  else if (!resource) errors.push(fieldError.required(`${path}.resource`));
  else if (!resourcePaths.includes(resource) && !hugePagePrefixes.some((prefix) => resource.startsWith(prefix))) {
    errors.push(fieldError.notSupported(`${path}.resource`, resource, resourcePaths));
  }
  return joined(errors, divisorErrors(`${path}.divisor`, resource ?? "", divisor));
}

const byteDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

function divisorErrors(path: string, resource: string, divisor: string | undefined): readonly FieldError[] {
  if (divisor === undefined || canonicalQuantity(divisor) === "0") return none;
  const text = canonicalQuantity(divisor);
  if (resource.endsWith(".cpu")) {
    return text === "1m" || text === "1" ? none : [fieldError.invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  }
  const kind = resource.endsWith(".memory") ? "memory" : resource.endsWith(".ephemeral-storage") ? "local ephemeral storage" : "hugepages";
  if (byteDivisors.includes(text)) return none;
  return [fieldError.invalid(path, resource, `only divisor's values ${byteDivisors.join(", ")} are supported with the ${kind} resource`)];
}
