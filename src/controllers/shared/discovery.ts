/** The resources that controllers of all kinds (namespace, garbage collector, quota) deal with. */
import * as builtIn from "../../client/resources.ts";
import type { ResourceRef } from "../../machinery/object.ts";

/**
 * Every listable resource of the API server as it is now, custom ones included; rejects when discovery fails. Asked again
 * whenever it matters: kinds come and go.
 */
export type DiscoverResources = () => Promise<readonly ResourceRef[]>;

/** Not stored, or stored under another name as well. */
const notListable = new Set([
  "bindings",
  "componentstatuses",
  "selfsubjectreviews",
  "tokenreviews",
  "localsubjectaccessreviews",
  "selfsubjectaccessreviews",
  "selfsubjectrulesreviews",
  "subjectaccessreviews",
]);

/** One reference a built-in resource; of several versions of one, the first that is listed. */
export function builtInResources(): ResourceRef[] {
  const byName = new Map<string, ResourceRef>();
  for (const resource of Object.values(builtIn) as ResourceRef[]) {
    // Events of events.k8s.io are those of the core group.
    if (notListable.has(resource.resource) || resource.group === "events.k8s.io") continue;
    const name = `${resource.group}/${resource.resource}`;
    if (!byName.has(name)) byName.set(name, resource);
  }
  return [...byName.values()];
}
