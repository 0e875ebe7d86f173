/**
 * The one Client of every component: typed access to resources over any Transport, and shared informers. Components
 * receive a Client and never learn whether the API server is in this process or on another machine.
 */
import type { Draft, KubeList, KubeObject, ResourceRef } from "../machinery/object.ts";
import { StatusError } from "../machinery/status.ts";
import type {
  DeleteOptions,
  GetOptions,
  ListOptions,
  PatchOptions,
  Target,
  Transport,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../machinery/transport.ts";

/** Verbs on one resource; `in(namespace)` narrows to a namespace. */
export interface ResourceClient<T extends KubeObject> {
  in(namespace: string): ResourceClient<T>;
  get(name: string, options?: GetOptions): Promise<T>;
  /** undefined instead of a 404. */
  find(name: string): Promise<T | undefined>;
  list(options?: ListOptions): Promise<KubeList<T>>;
  watch(options?: WatchOptions, signal?: AbortSignal): Promise<AsyncIterable<WatchEvent<T>>>;
  create(object: Draft<T>, options?: WriteOptions): Promise<T>;
  update(object: T, options?: WriteOptions): Promise<T>;
  updateStatus(object: T, options?: WriteOptions): Promise<T>;
  patch(name: string, body: unknown, options: PatchOptions, subresource?: string): Promise<T>;
  delete(name: string, options?: DeleteOptions): Promise<void>;
  deleteCollection(options?: DeleteOptions & ListOptions): Promise<void>;
  /** POST to a subresource: binding, eviction, token. */
  createSubresource(name: string, subresource: string, body: object): Promise<KubeObject>;
}

export class Client {
  readonly transport: Transport;
  readonly #signal: AbortSignal;

  /** Every request of this client ends with `signal`: the lifetime of the component that holds it. */
  constructor(transport: Transport, signal: AbortSignal) {
    this.transport = transport;
    this.#signal = signal;
  }

  of<T extends KubeObject>(resource: ResourceRef<T>): ResourceClient<T> {
    return new TransportResourceClient(this.transport, { resource }, this.#signal);
  }
}

class TransportResourceClient<T extends KubeObject> implements ResourceClient<T> {
  readonly #transport: Transport;
  readonly #target: Target<T>;
  readonly #signal: AbortSignal;

  constructor(transport: Transport, target: Target<T>, signal: AbortSignal) {
    this.#transport = transport;
    this.#target = target;
    this.#signal = signal;
  }

  in(namespace: string): ResourceClient<T> {
    return new TransportResourceClient(this.#transport, { ...this.#target, namespace }, this.#signal);
  }

  get(name: string, options: GetOptions = {}): Promise<T> {
    return this.#transport.get({ ...this.#target, name }, options, this.#signal);
  }

  async find(name: string): Promise<T | undefined> {
    try {
      return await this.get(name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  list(options: ListOptions = {}): Promise<KubeList<T>> {
    return this.#transport.list(this.#target, options, this.#signal);
  }

  watch(options: WatchOptions = {}, signal: AbortSignal = this.#signal): Promise<AsyncIterable<WatchEvent<T>>> {
    return this.#transport.watch(this.#target, options, signal);
  }

  create(object: Draft<T>, options: WriteOptions = {}): Promise<T> {
    return this.#transport.create(this.#of(object), object, options, this.#signal);
  }

  update(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#transport.update({ ...this.#of(object), name: object.metadata.name }, object, options, this.#signal);
  }

  updateStatus(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#transport.update({ ...this.#of(object), name: object.metadata.name, subresource: "status" }, object, options, this.#signal);
  }

  patch(name: string, body: unknown, options: PatchOptions, subresource?: string): Promise<T> {
    const target = { ...this.#target, name, ...(subresource === undefined ? {} : { subresource }) };
    return this.#transport.patch(target, body, options, this.#signal);
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<void> {
    await this.#transport.delete({ ...this.#target, name }, options, this.#signal);
  }

  deleteCollection(options: DeleteOptions & ListOptions = {}): Promise<void> {
    return this.#transport.deleteCollection(this.#target, options, this.#signal);
  }

  createSubresource(name: string, subresource: string, body: object): Promise<KubeObject> {
    return this.#transport.create({ ...this.#target, name, subresource } as Target, body, {}, this.#signal);
  }

  /** The namespace of a namespaced object counts when the client was not narrowed to one. */
  #of(object: { metadata: { namespace?: string } }): Target<T> {
    const namespace = this.#target.namespace ?? object.metadata.namespace;
    return namespace === undefined || !this.#target.resource.namespaced ? this.#target : { ...this.#target, namespace };
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}
