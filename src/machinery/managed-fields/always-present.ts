/**
 * Fields that every object has in Kubernetes' own representation, because there they are struct values, not pointers:
 * `spec` of a new Deployment is not "added", it was always there, so nobody owns the field itself, only what is in it.
 * Clients see this in managedFields: `f:strategy` without, `f:rollingUpdate` with the marker `.`.
 */
import type { FieldSchema } from "../schema.ts";

const structValues: ReadonlySet<string> = new Set([
  "metadata",
  "spec",
  "status",
  "template",
  "jobTemplate",
  "strategy",
  "updateStrategy",
  "loadBalancer",
  "nodeInfo",
  "daemonEndpoints",
  "kubeletEndpoint",
  "source",
  "deprecatedSource",
  "resources",
  "clientConfig",
  "names",
  "acceptedNames",
  "devices",
  "pool",
  "scaleTargetRef",
  "limitResponse",
  "priorityLevelConfiguration",
]);

/** Same names, but pointers. */
const pointers: ReadonlySet<string> = new Set(["ReplicationControllerSpec.template", "PodSpec.resources", "PodStatus.resources", "ContainerStatus.resources"]);

export function isAlwaysPresent(message: string, name: string, field: FieldSchema): boolean {
  if (field.kind === "message") return structValues.has(name) && !pointers.has(`${message.slice(message.lastIndexOf(".") + 1)}.${name}`);
  return (field.kind === "list" || field.kind === "map") && field.options.required === true;
}
