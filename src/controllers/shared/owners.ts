/** Who owns whom: ownerReferences, of which at most one says `controller: true`. */
import type { OwnerReference } from "../../machinery/meta.ts";
import { apiVersionOf, type KubeObject, type ResourceRef } from "../../machinery/object.ts";

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** The reference by which `owner` controls what it creates. */
export function controllerReference<T extends KubeObject>(owner: T, resource: ResourceRef<T>): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Index of informers: objects by their controller's uid, and those without one by `orphanKey`. */
export const controllerIndex = "controller";

export function controllerIndexValues(object: KubeObject): string[] {
  return [controllerOf(object)?.uid ?? orphanKey(object.metadata.namespace ?? "")];
}

export function orphanKey(namespace: string): string {
  return `orphan/${namespace}`;
}
