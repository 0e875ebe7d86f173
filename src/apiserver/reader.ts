/** The server's own view of what it serves: reads from the watch cache, writes past authorization and admission. */
import type { ResourceDefinition } from "../api/resource.ts";
import { copyJson } from "../machinery/json.ts";
import type { KubeObject } from "../machinery/object.ts";
import { conflict, notFound } from "../machinery/status.ts";
import type { ModifyOptions, ObjectReader, ObjectWriter, UserInfo } from "./contract.ts";
import { deleteObject } from "./registry/delete.ts";
import { noPause } from "./registry/pause.ts";
import type { RegistryContext, WriteRequest } from "./registry/requests.ts";
import type { ResourceStore } from "./registry/resource-store.ts";
import { StoredObject } from "./registry/stored-object.ts";
import { changeObject } from "./registry/update.ts";
import { subresourceOf } from "./registry/write-steps.ts";
import type { ServedResources } from "./served-resources.ts";
import type { Follower } from "./watch-cache/follower.ts";

/** Kinds of which there are no more are kept parsed as they are listed: quotas, roles, classes. Of others all would be too many. */
const fewObjects = 1000;

export class CacheReader implements ObjectReader {
  readonly #resources: ServedResources;
  readonly #follower: Follower;
  readonly #signal: AbortSignal;

  constructor(resources: ServedResources, follower: Follower, signal: AbortSignal) {
    this.#resources = resources;
    this.#follower = follower;
    this.#signal = signal;
  }

  get<T extends KubeObject>(definition: ResourceDefinition<T>, namespace: string, name: string): T | undefined {
    const store = this.#resources.store(definition);
    const stored = store.cache.get(store.key(namespace, name));
    return stored === undefined ? undefined : (store.view(stored).object as T);
  }

  *list<T extends KubeObject>(definition: ResourceDefinition<T>, namespace = ""): Iterable<T> {
    const store = this.#resources.store(definition);
    const prefix = store.prefix(namespace);
    // In no order: sorting what has just changed would cost more than looking at all of it.
    const few = store.cache.size <= fewObjects;
    for (const stored of store.cache.values()) {
      if (!stored.key.startsWith(prefix)) continue;
      const view = store.view(stored);
      yield (few ? view.object : view.peek()) as T;
    }
  }

  async getFresh<T extends KubeObject>(definition: ResourceDefinition<T>, namespace: string, name: string): Promise<T | undefined> {
    await this.#follower.catchUp(this.#signal);
    return this.get(definition, namespace, name);
  }

  subscribe<T extends KubeObject>(
    definition: ResourceDefinition<T>,
    onEvent: (type: "ADDED" | "MODIFIED" | "DELETED", object: T) => void,
    signal: AbortSignal,
  ): void {
    const store = this.#resources.store(definition);
    for (const stored of store.cache.values()) onEvent("ADDED", store.view(stored).peek() as T);
    this.#follower.listen(store.cache, (type, stored) => onEvent(type, store.view(stored).object as T), AbortSignal.any([signal, this.#signal]));
  }
}

export class RegistryWriter implements ObjectWriter {
  readonly #resources: ServedResources;
  readonly #context: RegistryContext;
  readonly #signal: AbortSignal;

  constructor(resources: ServedResources, context: RegistryContext, signal: AbortSignal) {
    this.#resources = resources;
    this.#context = context;
    this.#signal = signal;
  }

  async modify<T extends KubeObject>(
    definition: ResourceDefinition<T>,
    namespace: string,
    name: string,
    change: (object: T) => boolean,
    options: ModifyOptions,
  ): Promise<T> {
    const resource = this.#resources.store(definition);
    const request = this.#request(resource, namespace, name, options);
    const { object } = await changeObject(this.#context, request, {
      mayCreate: false,
      // What the server itself does through pods/binding and the like is nobody's field.
      recorded: request.subresource !== "" && subresourceOf(definition, request.subresource) === undefined,
      next: (existing) => {
        if (existing === undefined) throw notFound(resource.groupResource, name);
        checkPreconditions(resource, existing, options.preconditions);
        const copy = copyJson(existing) as T;
        return change(copy) ? copy : copyJson(existing);
      },
    });
    return (object instanceof StoredObject ? object.object : object) as T;
  }

  async delete<T extends KubeObject>(
    definition: ResourceDefinition<T>,
    namespace: string,
    name: string,
    options: Parameters<ObjectWriter["delete"]>[3],
  ): Promise<T> {
    const resource = this.#resources.store(definition);
    const { user, dryRun, ...deletion } = options;
    const request = this.#request(resource, namespace, name, { user, ...(dryRun === undefined ? {} : { dryRun }) });
    const { object } = await deleteObject(this.#context, request, deletion);
    return object.object as T;
  }

  #request(
    resource: ResourceStore,
    namespace: string,
    name: string,
    options: { readonly user: UserInfo; readonly subresource?: string; readonly dryRun?: boolean; readonly fieldManager?: string },
  ): WriteRequest {
    return {
      resource,
      namespace,
      name,
      subresource: options.subresource ?? "",
      user: options.user,
      dryRun: options.dryRun ?? false,
      fieldManager: options.fieldManager ?? "coracle-apiserver",
      options: {},
      signal: this.#signal,
      pause: noPause,
      admitted: false,
      warn: () => undefined,
      annotate: () => undefined,
    };
  }
}

function checkPreconditions(resource: ResourceStore, existing: KubeObject, preconditions: ModifyOptions["preconditions"]): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const { metadata } = existing;
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(resource.groupResource, metadata.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      resource.groupResource,
      metadata.name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
  }
}
