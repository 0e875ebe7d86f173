/** Turns events of owned objects (ReplicaSets of a Deployment, Jobs of a CronJob) into work for their owners. */
import type { Informer } from "../../client/informer.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { type KubeObject, objectKey, parseApiVersion, type ResourceRef } from "../../machinery/object.ts";
import { controllerIndex, controllerIndexValues, controllerOf } from "./owners.ts";
import type { LabelMatcher } from "./selector.ts";

export interface OwnedObjectsOptions<O extends KubeObject, T extends KubeObject> {
  readonly objects: Informer<T>;
  readonly owners: Informer<O>;
  readonly resource: ResourceRef<O>;
  /** Which owners an object without controller may interest. */
  readonly matches?: (owner: O) => LabelMatcher;
  readonly queue: WorkQueue;
}

export function watchOwned<O extends KubeObject, T extends KubeObject>({ objects, owners, resource, matches, queue }: OwnedObjectsOptions<O, T>): void {
  objects.addIndex(controllerIndex, controllerIndexValues);
  const changed = (object: T) => {
    const reference = controllerOf(object);
    if (reference === undefined) return orphaned(object);
    if (reference.kind !== resource.kind || parseApiVersion(reference.apiVersion).group !== resource.group) return;
    const owner = owners.get(`${object.metadata.namespace ?? ""}/${reference.name}`);
    if (owner?.metadata.uid === reference.uid) queue.add(objectKey(owner));
  };
  const orphaned = (object: T) => {
    if (matches === undefined) return;
    for (const owner of owners.inNamespace(object.metadata.namespace ?? "")) if (matches(owner)(object.metadata.labels)) queue.add(objectKey(owner));
  };
  objects.addHandler({
    add: changed,
    update: (object, old) => {
      if (controllerOf(object)?.uid !== controllerOf(old)?.uid) changed(old);
      changed(object);
    },
    delete: changed,
  });
}
