/** Informers over a Transport: one reflector and one store a resource and selection, shared by all who ask for it. */
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { type KubeObject, objectKey, type ResourceRef } from "../machinery/object.ts";
import type { Transport, WatchEvent } from "../machinery/transport.ts";
import type { Informer, InformerFactory, InformerHandler, InformerOptions } from "./informer.ts";
import { ObjectStore, type StoreChange } from "./object-store.ts";
import { type ReflectorSink, runReflector } from "./reflector.ts";

export interface InformerFactoryOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** `ended` settles once the signal has aborted and every reflector has stopped; it rejects when a handler threw. */
export function createInformerFactory(options: InformerFactoryOptions): InformerFactory & { ended(): Promise<void> } {
  return new ReflectorInformerFactory(options);
}

class ReflectorInformerFactory implements InformerFactory {
  readonly #options: InformerFactoryOptions;
  readonly #informers = new Map<string, ReflectorInformer<KubeObject>>();
  readonly #running: Promise<void>[] = [];

  constructor(options: InformerFactoryOptions) {
    this.#options = options;
  }

  informer<T extends KubeObject>(resource: ResourceRef<T>, options: InformerOptions = {}): Informer<T> {
    const { group, version } = resource;
    const key = JSON.stringify([group, version, resource.resource, options.namespace, options.labelSelector, options.fieldSelector]);
    const known = this.#informers.get(key);
    // The key names the resource, and a resource has one type.
    if (known !== undefined) return known as unknown as Informer<T>;
    const created = new ReflectorInformer(resource, options);
    this.#informers.set(key, created as unknown as ReflectorInformer<KubeObject>);
    return created;
  }

  async start(): Promise<void> {
    // All who start in one turn may first ask for informers and add indexes.
    await Promise.resolve();
    for (const informer of this.#informers.values()) {
      if (informer.started) continue;
      const run = informer.run(this.#options);
      // A handler that throws is a defect: it must not go by unseen, whoever awaits `ended`.
      run.catch((error: unknown) => this.#options.logger.error({ error }, "an informer's handler threw"));
      this.#running.push(run);
    }
    await Promise.all([...this.#informers.values()].map((informer) => informer.whenSynced(this.#options.signal)));
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }
}

class ReflectorInformer<T extends KubeObject> implements Informer<T> {
  readonly #resource: ResourceRef<T>;
  readonly #selection: InformerOptions;
  readonly #store: ObjectStore<T>;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #resourceVersion = "";
  #started = false;

  constructor(resource: ResourceRef<T>, selection: InformerOptions) {
    this.#resource = resource;
    this.#selection = selection;
    this.#store = new ObjectStore({ namespaced: resource.namespaced });
  }

  get started(): boolean {
    return this.#started;
  }

  get synced(): boolean {
    return this.#isSynced;
  }

  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  get size(): number {
    return this.#store.size;
  }

  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  list(): Iterable<T> {
    return this.#store.list();
  }

  inNamespace(namespace: string): Iterable<T> {
    return this.#store.inNamespace(namespace);
  }

  byIndex(index: string, value: string): Iterable<T> {
    return this.#store.byIndex(index, value);
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.#started) throw new Error(`cannot add index "${name}" to the informer of ${this.#resource.resource}: it has started`);
    this.#store.addIndex(name, values);
  }

  addHandler(handler: InformerHandler<T>): Disposable {
    this.#handlers.add(handler);
    for (const object of this.#store.list()) handler.add?.(object);
    return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
  }

  run(options: InformerFactoryOptions): Promise<void> {
    this.#started = true;
    const sink: ReflectorSink<T> = {
      replace: (objects, resourceVersion) => this.#replace(objects, resourceVersion),
      event: (event) => this.#event(event),
      progress: (resourceVersion) => {
        this.#resourceVersion = resourceVersion;
      },
    };
    return runReflector({ ...options, resource: this.#resource, selection: this.#selection, sink });
  }

  /** Rejects with the signal's reason when it aborts first. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    if (this.#isSynced) return;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Handlers see the first state before `synced` is true, as in client-go's HasSynced. */
  #replace(objects: readonly T[], resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    for (const change of this.#store.replace(objects)) this.#notify(change);
    this.#isSynced = true;
    this.#synced.resolve();
  }

  #event(event: WatchEvent<T>): void {
    this.#resourceVersion = event.object.metadata.resourceVersion ?? "";
    if (event.type === "DELETED") {
      this.#store.delete(objectKey(event.object));
      this.#notify({ type: "delete", object: event.object });
      return;
    }
    const old = this.#store.set(event.object);
    this.#notify(old === undefined ? { type: "add", object: event.object } : { type: "update", object: event.object, old });
  }

  #notify(change: StoreChange<T>): void {
    for (const handler of this.#handlers) {
      if (change.type === "add") handler.add?.(change.object);
      else if (change.type === "update") handler.update?.(change.object, change.old);
      else handler.delete?.(change.object);
    }
  }
}
