/**
 * Informer: a local, always-current view of one resource, and the events that tell of its changes (client-go's
 * SharedIndexInformer). One informer a resource and selector is shared by all users of an InformerFactory.
 */
import type { KubeObject, ResourceRef } from "../machinery/object.ts";

export interface InformerHandler<T extends KubeObject> {
  add?(object: T): void;
  update?(object: T, old: T): void;
  /** `object` is the last known state: deletions missed during a broken watch are found by the next list. */
  delete?(object: T): void;
}

export interface InformerOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** Objects by `namespace/name` (objectKey), with secondary indexes. Objects are shared: never change them. */
export interface Lister<T extends KubeObject> {
  get(key: string): T | undefined;
  list(): Iterable<T>;
  inNamespace(namespace: string): Iterable<T>;
  /** Objects that `addIndex`'s function gave this value. */
  byIndex(index: string, value: string): Iterable<T>;
  readonly size: number;
}

export interface Informer<T extends KubeObject> extends Lister<T> {
  /** Handlers added late first receive `add` for everything known. Handlers must not throw. */
  addHandler(handler: InformerHandler<T>): Disposable;
  /** Must be called before the informer starts; the same name twice is the same index. */
  addIndex(name: string, values: (object: T) => readonly string[]): void;
  readonly synced: boolean;
  /** resourceVersion of the newest event seen. */
  readonly resourceVersion: string;
}

export interface InformerFactory {
  informer<T extends KubeObject>(resource: ResourceRef<T>, options?: InformerOptions): Informer<T>;
  /** Starts those not yet running; resolves when all have synced. They end with the factory's signal. */
  start(): Promise<void>;
}
