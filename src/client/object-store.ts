/** The local store of an informer: objects by key, and secondary indexes kept in step with them. */
import { type KubeObject, objectKey } from "../machinery/object.ts";
import type { Lister } from "./informer.ts";

type IndexFunction<T> = (object: T) => readonly string[];

interface Index<T> {
  readonly values: IndexFunction<T>;
  readonly buckets: Map<string, Map<string, T>>;
}

const namespaceIndex = "namespace";

/** One change that `replace` found; deletions carry the last known state. */
export type StoreChange<T> =
  | { readonly type: "add"; readonly object: T }
  | { readonly type: "update"; readonly object: T; readonly old: T }
  | { readonly type: "delete"; readonly object: T };

export class ObjectStore<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();

  constructor(options: { readonly namespaced: boolean }) {
    if (options.namespaced) this.addIndex(namespaceIndex, (object) => [object.metadata.namespace ?? ""]);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): Iterable<T> {
    return this.#objects.values();
  }

  inNamespace(namespace: string): Iterable<T> {
    return this.byIndex(namespaceIndex, namespace);
  }

  byIndex(index: string, value: string): Iterable<T> {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`cannot look up "${value}": no index "${index}"`);
    return found.buckets.get(value)?.values() ?? [];
  }

  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { values, buckets: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) put(index, key, object);
  }

  /** The state that `object` replaces, if any. */
  set(object: T): T | undefined {
    const key = objectKey(object);
    const old = this.#objects.get(key);
    for (const index of this.#indexes.values()) {
      if (old !== undefined) remove(index, key, old);
      put(index, key, object);
    }
    this.#objects.set(key, object);
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) remove(index, key, old);
    return old;
  }

  /** Makes `objects` the whole content; returns what that changed. An object deleted and created anew gives a delete and an add. */
  replace(objects: Iterable<T>): StoreChange<T>[] {
    const changes: StoreChange<T>[] = [];
    const seen = new Set<string>();
    for (const object of objects) {
      seen.add(objectKey(object));
      changes.push(...this.#apply(object));
    }
    for (const [key, object] of [...this.#objects]) {
      if (seen.has(key)) continue;
      this.delete(key);
      changes.push({ type: "delete", object });
    }
    return changes;
  }

  #apply(object: T): StoreChange<T>[] {
    const old = this.set(object);
    if (old === undefined) return [{ type: "add", object }];
    if (old.metadata.uid !== object.metadata.uid) {
      return [
        { type: "delete", object: old },
        { type: "add", object },
      ];
    }
    return old.metadata.resourceVersion === object.metadata.resourceVersion ? [] : [{ type: "update", object, old }];
  }
}

function put<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.values(object)) {
    const bucket = index.buckets.get(value);
    if (bucket === undefined) index.buckets.set(value, new Map([[key, object]]));
    else bucket.set(key, object);
  }
}

function remove<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.values(object)) {
    const bucket = index.buckets.get(value);
    bucket?.delete(key);
    if (bucket?.size === 0) index.buckets.delete(value);
  }
}
