/** An ObjectReader over a map, for the tests of authenticators, authorizers, admission plugins and allocators. */
import type { AnyResourceDefinition, ResourceDefinition } from "../../api/resource.ts";
import { type KubeObject, objectKey } from "../../machinery/object.ts";
import type { ObjectReader } from "../contract.ts";

type EventType = "ADDED" | "MODIFIED" | "DELETED";
type Listener = (type: EventType, object: KubeObject) => void;

/** Holds what tests `put` into it; subscribers hear of every change synchronously. */
export class FakeReader implements ObjectReader {
  readonly #stores = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Map<string, Set<Listener>>();
  /** How often a caller asked for a linearizable read. */
  freshReads = 0;

  put<T extends KubeObject>(definition: ResourceDefinition<T>, ...objects: T[]): this {
    const store = this.#store(definition);
    for (const object of objects) {
      const type = store.has(objectKey(object)) ? "MODIFIED" : "ADDED";
      store.set(objectKey(object), object);
      this.#tell(definition, type, object);
    }
    return this;
  }

  remove(definition: AnyResourceDefinition, key: string): void {
    const store = this.#store(definition);
    const object = store.get(key);
    if (object === undefined) return;
    store.delete(key);
    this.#tell(definition, "DELETED", object);
  }

  get<T extends KubeObject>(definition: ResourceDefinition<T>, namespace: string, name: string): T | undefined {
    return this.#store(definition).get(objectKey({ metadata: { name, namespace } })) as T | undefined;
  }

  *list<T extends KubeObject>(definition: ResourceDefinition<T>, namespace?: string): Iterable<T> {
    for (const object of this.#store(definition).values()) {
      if (namespace === undefined || object.metadata.namespace === namespace) yield object as T;
    }
  }

  async getFresh<T extends KubeObject>(definition: ResourceDefinition<T>, namespace: string, name: string): Promise<T | undefined> {
    this.freshReads++;
    return this.get(definition, namespace, name);
  }

  subscribe<T extends KubeObject>(definition: ResourceDefinition<T>, onEvent: (type: EventType, object: T) => void, signal: AbortSignal): void {
    for (const object of this.list(definition)) onEvent("ADDED", object);
    const listeners = this.#listeners.get(keyOf(definition)) ?? new Set();
    this.#listeners.set(keyOf(definition), listeners);
    listeners.add(onEvent as Listener);
    signal.addEventListener("abort", () => listeners.delete(onEvent as Listener), { once: true });
  }

  #store(definition: AnyResourceDefinition): Map<string, KubeObject> {
    const key = keyOf(definition);
    const store = this.#stores.get(key) ?? new Map<string, KubeObject>();
    this.#stores.set(key, store);
    return store;
  }

  #tell(definition: AnyResourceDefinition, type: EventType, object: KubeObject): void {
    for (const listener of this.#listeners.get(keyOf(definition)) ?? []) listener(type, object);
  }
}

function keyOf(definition: AnyResourceDefinition): string {
  return `${definition.group}/${definition.resource}`;
}
