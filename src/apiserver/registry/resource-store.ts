/** One served resource over the cache of the resource that stores it; they differ where `storedAs` says so. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";
import type { GroupResource } from "../../machinery/status.ts";
import { registryPrefix } from "../watch-cache/follower.ts";
import type { ResourceCache } from "../watch-cache/resource-cache.ts";
import type { PackedBytes } from "./packed-bytes.ts";
import { ObjectCodec, StoredObject } from "./stored-object.ts";

/** `/registry/pods/`; groups but the core one have a segment of their own. */
export function keyPrefix(definition: { readonly group: string; readonly resource: string }): string {
  const group = definition.group === "" ? "" : `${definition.group}/`;
  return `${registryPrefix}${group}${definition.resource}/`;
}

export class ResourceStore {
  readonly definition: AnyResourceDefinition;
  /** What the store holds objects as. */
  readonly stored: AnyResourceDefinition;
  readonly cache: ResourceCache;
  readonly codec: ObjectCodec;
  readonly #views = new WeakMap<StoredObject, StoredObject>();
  readonly #viewCodec: ObjectCodec;

  constructor(definition: AnyResourceDefinition, stored: AnyResourceDefinition, cache: ResourceCache, codec: ObjectCodec) {
    this.definition = definition;
    this.stored = stored;
    this.cache = cache;
    this.codec = codec;
    this.#viewCodec = definition === stored ? codec : new ObjectCodec(definition);
  }

  get groupResource(): GroupResource {
    return { group: this.definition.group, resource: this.definition.resource };
  }

  key(namespace: string, name: string): string {
    return this.definition.namespaced ? `${this.cache.prefix}${namespace}/${name}` : this.cache.prefix + name;
  }

  /** All keys of a namespace, or all there are. */
  prefix(namespace: string): string {
    return this.definition.namespaced && namespace !== "" ? `${this.cache.prefix}${namespace}/` : this.cache.prefix;
  }

  /** What clients of this resource see of a stored object: the same one unless the versions differ. */
  view(stored: StoredObject): StoredObject {
    const { storedAs } = this.definition;
    if (storedAs === undefined) return stored;
    const known = this.#views.get(stored);
    if (known !== undefined) return known;
    const object = this.#viewCodec.arrange(storedAs.fromStored(stored.object));
    object.metadata.resourceVersion = "";
    const bytes = this.#pack(object);
    object.metadata.resourceVersion = String(stored.revision);
    const view = new StoredObject(this.#viewCodec, stored.key, stored.revision, bytes, object);
    this.#views.set(stored, view);
    return view;
  }

  #pack(view: KubeObject): PackedBytes {
    return this.#viewCodec.pack(this.#viewCodec.encode(view));
  }

  /** The other way, for writing. */
  toStored(object: KubeObject): KubeObject {
    return this.definition.storedAs?.toStored(object) ?? object;
  }
}
