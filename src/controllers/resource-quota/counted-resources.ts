/** Which kind of object an entry of a quota counts (the evaluators of k8s.io/kubernetes/pkg/quota/v1). */
import type { CountedResource } from "../../machinery/quota-usage.ts";

const pods: CountedResource = { group: "", resource: "pods" };
const claims: CountedResource = { group: "", resource: "persistentvolumeclaims" };
const deviceClaims: CountedResource = { group: "resource.k8s.io", resource: "resourceclaims" };
const services: CountedResource = { group: "", resource: "services" };

const byName: Readonly<Record<string, CountedResource>> = {
  pods,
  cpu: pods,
  memory: pods,
  "ephemeral-storage": pods,
  "limits.cpu": pods,
  "limits.memory": pods,
  "limits.ephemeral-storage": pods,
  services,
  "services.nodeports": services,
  "services.loadbalancers": services,
  persistentvolumeclaims: claims,
  "requests.storage": claims,
  configmaps: { group: "", resource: "configmaps" },
  replicationcontrollers: { group: "", resource: "replicationcontrollers" },
  resourcequotas: { group: "", resource: "resourcequotas" },
  secrets: { group: "", resource: "secrets" },
};

/** `name` as in `spec.hard`; undefined for names that nothing counts: they never show up in `status.used`. */
export function countedResource(name: string): CountedResource | undefined {
  if (Object.hasOwn(byName, name)) return byName[name];
  if (name.startsWith("count/")) return parseCount(name.slice("count/".length));
  if (/\.storageclass\.storage\.k8s\.io\/(persistentvolumeclaims|requests\.storage)$/.test(name)) return claims;
  if (/\.deviceclass\.resource\.k8s\.io\/devices$/.test(name)) return deviceClaims;
  return name.startsWith("requests.") || name.startsWith("hugepages-") ? pods : undefined;
}

/** `deployments.apps`, `configmaps`. */
function parseCount(name: string): CountedResource {
  const dot = name.indexOf(".");
  return dot < 0 ? { group: "", resource: name } : { group: name.slice(dot + 1), resource: name.slice(0, dot) };
}

export function resourceKey({ group, resource }: CountedResource): string {
  return `${group}/${resource}`;
}

/** The kinds that a quota with these limits needs to see, by `resourceKey`. */
export function countedKinds(hard: Readonly<Record<string, string>> | undefined): Map<string, CountedResource> {
  const kinds = new Map<string, CountedResource>();
  for (const name of Object.keys(hard ?? {})) {
    const kind = countedResource(name);
    if (kind !== undefined) kinds.set(resourceKey(kind), kind);
  }
  return kinds;
}
