/** The table of what is served: resources by group, version and plural, and the handlers plugged into them. */
import type { AnyResourceDefinition } from "../api/resource.ts";
import type { SubresourceHandler, VirtualHandler } from "./contract.ts";
import { keyPrefix, ResourceStore } from "./registry/resource-store.ts";
import { ObjectCodec } from "./registry/stored-object.ts";
import type { Follower } from "./watch-cache/follower.ts";
import type { ResourceCache } from "./watch-cache/resource-cache.ts";

export interface ServedResource {
  readonly definition: AnyResourceDefinition;
  /** Undefined for virtual kinds. */
  readonly store: ResourceStore | undefined;
}

/** What answers clients goes by. */
export interface ResourceTable {
  readonly definitions: readonly AnyResourceDefinition[];
  serves(group: string): boolean;
  find(group: string, version: string, resource: string): ServedResource | undefined;
  subresource(definition: AnyResourceDefinition, name: string): SubresourceHandler | undefined;
  subresourcesOf(definition: AnyResourceDefinition): SubresourceHandler[];
  virtual(definition: AnyResourceDefinition): VirtualHandler | undefined;
}

export class ServedResources implements ResourceTable {
  readonly definitions: readonly AnyResourceDefinition[];
  readonly #byPath = new Map<string, ServedResource>();
  readonly #stores = new Map<AnyResourceDefinition, ResourceStore>();
  readonly #handlers = new Map<string, SubresourceHandler>();
  readonly #virtual = new Map<AnyResourceDefinition, VirtualHandler>();

  constructor(definitions: readonly AnyResourceDefinition[], follower: Follower) {
    this.definitions = definitions;
    const caches = new Map<AnyResourceDefinition, { cache: ResourceCache; codec: ObjectCodec }>();
    for (const definition of definitions) {
      if (definition.virtual === true || definition.storedAs !== undefined) continue;
      const codec = new ObjectCodec(definition, holdsJson(definition));
      caches.set(definition, { cache: follower.follow(keyPrefix(definition), codec), codec });
    }
    for (const definition of definitions) {
      const stored = storedDefinition(definition, definitions);
      const held = caches.get(stored);
      if (held !== undefined) this.#stores.set(definition, new ResourceStore(definition, stored, held.cache, held.codec));
      this.#byPath.set(pathOf(definition), { definition, store: this.#stores.get(definition) });
    }
  }

  /** As clients are to see it: what is not offered is as if it were not there. The server's own parts go on using it. */
  offering(isOffered: (definition: AnyResourceDefinition) => boolean): ResourceTable {
    return new OfferedResources(this, isOffered);
  }

  serves(group: string): boolean {
    return this.definitions.some((definition) => definition.group === group);
  }

  find(group: string, version: string, resource: string): ServedResource | undefined {
    return this.#byPath.get(`${group}/${version}/${resource}`);
  }

  store(definition: AnyResourceDefinition): ResourceStore {
    const store = this.#stores.get(definition) ?? this.find(definition.group, definition.version, definition.resource)?.store;
    if (store === undefined) throw new Error(`cannot read ${pathOf(definition)}: this server does not store it`);
    return store;
  }

  stores(): Iterable<ResourceStore> {
    return this.#stores.values();
  }

  addSubresource(handler: SubresourceHandler): void {
    this.#handlers.set(`${pathOf(handler.definition)}/${handler.subresource}`, handler);
  }

  addVirtual(handler: VirtualHandler): void {
    this.#virtual.set(handler.definition, handler);
  }

  subresource(definition: AnyResourceDefinition, name: string): SubresourceHandler | undefined {
    return this.#handlers.get(`${pathOf(definition)}/${name}`);
  }

  subresourcesOf(definition: AnyResourceDefinition): SubresourceHandler[] {
    const path = pathOf(definition);
    return [...this.#handlers.values()].filter((handler) => pathOf(handler.definition) === path);
  }

  virtual(definition: AnyResourceDefinition): VirtualHandler | undefined {
    return this.#virtual.get(definition);
  }
}

class OfferedResources implements ResourceTable {
  readonly definitions: readonly AnyResourceDefinition[];
  readonly #all: ServedResources;
  readonly #offered: ReadonlySet<AnyResourceDefinition>;

  constructor(all: ServedResources, isOffered: (definition: AnyResourceDefinition) => boolean) {
    this.definitions = all.definitions.filter(isOffered);
    this.#all = all;
    this.#offered = new Set(this.definitions);
  }

  serves(group: string): boolean {
    return this.definitions.some((definition) => definition.group === group);
  }

  find(group: string, version: string, resource: string): ServedResource | undefined {
    const served = this.#all.find(group, version, resource);
    return served !== undefined && this.#offered.has(served.definition) ? served : undefined;
  }

  subresource(definition: AnyResourceDefinition, name: string): SubresourceHandler | undefined {
    return this.#all.subresource(definition, name);
  }

  subresourcesOf(definition: AnyResourceDefinition): SubresourceHandler[] {
    return this.#all.subresourcesOf(definition);
  }

  virtual(definition: AnyResourceDefinition): VirtualHandler | undefined {
    return this.#all.virtual(definition);
  }
}

/** ControllerRevision: its data are no field of a known form. */
function holdsJson({ schema }: AnyResourceDefinition): boolean {
  return Object.values(schema.fields).some((field) => field.kind === "scalar" && field.type === "any");
}

function pathOf({ group, version, resource }: AnyResourceDefinition): string {
  return `${group}/${version}/${resource}`;
}

function storedDefinition(definition: AnyResourceDefinition, all: readonly AnyResourceDefinition[]): AnyResourceDefinition {
  const { storedAs } = definition;
  if (storedAs === undefined) return definition;
  const stored = all.find(
    (other) => other.group === storedAs.group && other.version === storedAs.version && other.kind === definition.kind && other !== definition,
  );
  if (stored === undefined) throw new Error(`cannot serve ${pathOf(definition)}: nothing serves what it is stored as`);
  return stored;
}
