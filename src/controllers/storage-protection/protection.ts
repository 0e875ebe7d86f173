/** A finalizer that stays on objects of one kind for as long as something uses them: the loop that all protections share. */
import type { ComponentContext } from "../../client/component.ts";
import { isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { type KubeObject, objectKey, type ResourceRef } from "../../machinery/object.ts";
import { createQueue, runLoop } from "../shared/loop.ts";

export interface ProtectionOptions<T extends KubeObject> {
  readonly resource: ResourceRef<T>;
  readonly finalizer: string;
  /** Asks for further informers, and adds to the queue the keys of objects whose users have changed. */
  readonly watchUsers?: (queue: WorkQueue, protectedObjects: Informer<T>) => void;
  readonly isUsed: (object: T) => boolean;
  /** Asked before the finalizer goes, where caches that lag could cost data. */
  readonly isUsedForSure?: (object: T) => Promise<boolean>;
}

/** The finalizers the object should have; undefined when they are right. Objects made before admission knew of it get it late. */
export function protectedFinalizers(object: KubeObject, finalizer: string, used: boolean): string[] | undefined {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  const present = finalizers.includes(finalizer);
  if (deletionTimestamp === undefined) return present ? undefined : [...finalizers, finalizer];
  return present && !used ? finalizers.filter((name) => name !== finalizer) : undefined;
}

export function runProtection<T extends KubeObject>(context: ComponentContext, options: ProtectionOptions<T>): Promise<void> {
  const { resource, finalizer } = options;
  const objects = context.informers.informer(resource);
  const queue = createQueue(context);
  const enqueue = (object: T) => queue.add(objectKey(object));
  objects.addHandler({ add: enqueue, update: enqueue });
  options.watchUsers?.(queue, objects);
  const reconcile = async (key: string) => {
    const object = objects.get(key);
    if (object === undefined) return undefined;
    const finalizers = protectedFinalizers(object, finalizer, options.isUsed(object));
    if (finalizers === undefined) return undefined;
    const goes = object.metadata.deletionTimestamp !== undefined;
    if (goes && (await options.isUsedForSure?.(object))) return undefined;
    try {
      await context.client.of(resource).update({ ...object, metadata: { ...object.metadata, finalizers } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return undefined;
  };
  return runLoop(context, { queue, reconcile });
}
