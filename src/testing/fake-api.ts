/**
 * A small API server in memory for tests of clients and controllers: revisions, optimistic locking, status and finalize
 * subresources, finalizers, graceful deletion, streaming lists, watches that can be broken. It knows no schema: no
 * defaults, validation, admission or authorization. What it cannot do, it refuses.
 */
import { copyJson, sameJson } from "../machinery/json.ts";
import { apiVersionOf, type KubeObject, type ResourceRef } from "../machinery/object.ts";
import { alreadyExists, notFound, StatusError, staleVersion } from "../machinery/status.ts";
import type { DeleteOptions, ListOptions, Target, Transport, WatchEvent, WatchOptions } from "../machinery/transport.ts";
import { applyFakePatch } from "./fake-patch.ts";

type Stored = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

interface LoggedEvent {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Stored;
  readonly old: Stored | undefined;
}

interface Collection {
  readonly objects: Map<string, Stored>;
  readonly log: LoggedEvent[];
}

/** One request as the fake saw it, for tests that count or forbid them. */
export interface FakeRequest {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly body?: unknown;
}

export interface FakeApiOptions {
  /** Milliseconds since the epoch, for timestamps. */
  readonly now?: () => number;
  /** Called before each request; what it throws is the answer. */
  readonly intercept?: (request: FakeRequest) => void;
}

export class FakeApi {
  revision = 1;
  readonly requests: FakeRequest[] = [];
  /** False: refuses sendInitialEvents with 422, as servers before streaming lists do. */
  streamingLists = true;
  intercept: (request: FakeRequest) => void;
  readonly transport: Transport;
  readonly #collections = new Map<string, Collection>();
  readonly #now: () => number;
  #watches = new AbortController();
  #changed = Promise.withResolvers<void>();
  #compacted = 0;
  #names = 0;

  constructor(options: FakeApiOptions = {}) {
    this.#now = options.now ?? (() => Date.UTC(2026, 0, 1));
    this.intercept = options.intercept ?? (() => {});
    this.transport = this.#transport();
  }

  /** What is stored, in order of creation. */
  all<T extends KubeObject>(resource: ResourceRef<T>): T[] {
    return [...this.#collection(resource).objects.values()] as unknown as T[];
  }

  /** Creates or replaces whatever the object says, status included: how a test sets a scene. */
  put<T extends KubeObject>(resource: ResourceRef<T>, object: T | object): T {
    const draft = copyJson(object) as Stored;
    const namespace = resource.namespaced ? (draft.metadata.namespace ?? "default") : "";
    const known = this.#collection(resource).objects.get(keyOf(namespace, draft.metadata.name));
    this.#complete(resource, namespace, draft);
    if (known !== undefined) draft.metadata.uid = known.metadata.uid;
    return this.#commit(resource, known === undefined ? "ADDED" : "MODIFIED", draft, known) as unknown as T;
  }

  /** Removes at once, finalizers or not. */
  remove<T extends KubeObject>(resource: ResourceRef<T>, namespace: string, name: string): void {
    const object = this.#find({ resource, namespace, name });
    this.#commit(resource, "DELETED", copyJson(object), object);
  }

  /** Ends every open watch in good order. */
  closeWatches(): void {
    this.#watches.abort();
    this.#watches = new AbortController();
  }

  /** Forgets history up to now: watches from older revisions get 410. */
  compact(): void {
    this.#compacted = this.revision;
    for (const { log } of this.#collections.values()) log.length = 0;
  }

  #transport(): Transport {
    // The wire has no types; what was stored under a resource has the resource's type.
    const as = <T>(object: unknown) => object as T;
    return {
      get: async (target) => as(this.#admit("get", target, () => this.#find(target))),
      list: async (target, options) => as(this.#admit("list", target, () => this.#list(target, options))),
      create: async (target, body) => as(this.#admit("create", target, () => this.#create(target, body), body)),
      update: async (target, body) => as(this.#admit("update", target, () => this.#update(target, copyJson(body) as Stored), body)),
      patch: async (target, body, options) =>
        as(
          this.#admit(
            "patch",
            target,
            () => {
              const patched = applyFakePatch(copyJson(this.#find(target)), copyJson(body), options.type) as Stored;
              return this.#update(target, patched);
            },
            body,
          ),
        ),
      delete: async (target, options) => as(this.#admit("delete", target, () => this.#delete(target, options), options)),
      deleteCollection: async (target, options) =>
        this.#admit("deletecollection", target, () => {
          for (const item of this.#list(target, options).items) {
            const { namespace, name } = item.metadata;
            this.#delete({ ...target, ...(namespace === undefined ? {} : { namespace }), name }, options);
          }
        }),
      watch: async (target, options, signal) => this.#admit("watch", target, () => this.#watch(target, options, signal) as never),
    };
  }

  #admit<R>(verb: FakeRequest["verb"], target: Target, answer: () => R, body?: unknown): R {
    const { resource, namespace, name, subresource } = target;
    const request = { verb, resource: resource.resource, namespace: namespace ?? "", name: name ?? "", subresource: subresource ?? "", body };
    this.requests.push(request);
    this.intercept(request);
    return answer();
  }

  #collection(resource: ResourceRef<KubeObject>): Collection {
    const key = `${resource.group}/${resource.resource}`;
    const known = this.#collections.get(key);
    if (known !== undefined) return known;
    const created: Collection = { objects: new Map(), log: [] };
    this.#collections.set(key, created);
    return created;
  }

  #find(target: Target): Stored {
    const namespace = target.resource.namespaced ? (target.namespace ?? "") : "";
    const object = this.#collection(target.resource).objects.get(keyOf(namespace, target.name ?? ""));
    if (object === undefined) throw notFound(target.resource, target.name ?? "");
    return object;
  }

  #list(target: Target, options: ListOptions) {
    const items = [...this.#collection(target.resource).objects.values()].filter((object) => selects(target, options, object));
    return { apiVersion: apiVersionOf(target.resource), kind: `${target.resource.kind}List`, metadata: { resourceVersion: String(this.revision) }, items };
  }

  #create(target: Target, body: object): Stored {
    if (target.subresource !== undefined && target.subresource !== "") throw new StatusError({ code: 501, message: `the fake has no ${target.subresource}` });
    const draft = copyJson(body) as Stored;
    const namespace = target.resource.namespaced ? (target.namespace ?? draft.metadata.namespace ?? "") : "";
    draft.metadata = { ...draft.metadata, name: draft.metadata.name ?? `${draft.metadata.generateName ?? ""}${this.#suffix()}` };
    if (this.#collection(target.resource).objects.has(keyOf(namespace, draft.metadata.name))) throw alreadyExists(target.resource, draft.metadata.name);
    this.#complete(target.resource, namespace, draft);
    return this.#commit(target.resource, "ADDED", draft, undefined);
  }

  #suffix(): string {
    this.#names++;
    return this.#names.toString(36).padStart(5, "x");
  }

  #complete(resource: ResourceRef<KubeObject>, namespace: string, draft: Stored): void {
    const { metadata } = draft;
    metadata.uid ??= `uid-${++this.#names}`;
    metadata.creationTimestamp ??= this.#time();
    metadata.generation ??= 1;
    if (namespace !== "") metadata.namespace = namespace;
    draft.apiVersion = apiVersionOf(resource);
    draft.kind = resource.kind;
    if (resource.resource === "namespaces") {
      draft.spec = { finalizers: ["kubernetes"], ...draft.spec };
      draft.status = { phase: "Active", ...draft.status };
    }
    if (resource.resource === "pods") draft.status = { phase: "Pending", ...draft.status };
  }

  #update(target: Target, draft: Stored): Stored {
    const old = this.#find(target);
    const { uid, resourceVersion } = draft.metadata;
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) throw staleVersion(target.resource, old.metadata.name);
    if (uid !== undefined && uid !== old.metadata.uid) throw staleVersion(target.resource, old.metadata.name);
    const merged = merge(target.subresource ?? "", draft, old);
    if (sameJson(merged, old)) return old;
    if (!sameJson(merged.spec, old.spec) && target.subresource !== "finalize") merged.metadata.generation = (old.metadata.generation ?? 0) + 1;
    if (isFinished(merged)) return this.#commit(target.resource, "DELETED", merged, old);
    return this.#commit(target.resource, "MODIFIED", merged, old);
  }

  #delete(target: Target, options: DeleteOptions): KubeObject {
    const old = this.#find(target);
    const { preconditions, propagationPolicy } = options;
    if (preconditions?.uid !== undefined && preconditions.uid !== old.metadata.uid) throw staleVersion(target.resource, old.metadata.name);
    if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== old.metadata.resourceVersion) {
      throw staleVersion(target.resource, old.metadata.name);
    }
    const draft = copyJson(old);
    const finalizers = new Set(draft.metadata.finalizers ?? []);
    if (propagationPolicy === "Foreground") finalizers.add("foregroundDeletion");
    if (propagationPolicy === "Orphan") finalizers.add("orphan");
    if (finalizers.size > 0) draft.metadata.finalizers = [...finalizers];
    draft.metadata.deletionTimestamp ??= this.#time();
    this.#grace(target, draft, options);
    if (isFinished(draft)) return this.#commit(target.resource, "DELETED", draft, old);
    return sameJson(draft, old) ? old : this.#commit(target.resource, "MODIFIED", draft, old);
  }

  #grace(target: Target, draft: Stored, options: DeleteOptions): void {
    if (target.resource.resource === "namespaces") draft.status = { ...draft.status, phase: "Terminating" };
    if (target.resource.resource !== "pods") return;
    const running = draft.spec?.["nodeName"] !== undefined && !["Succeeded", "Failed"].includes(String(draft.status?.["phase"]));
    const asked = options.gracePeriodSeconds ?? Number(draft.spec?.["terminationGracePeriodSeconds"] ?? 30);
    draft.metadata.deletionGracePeriodSeconds = running ? Math.min(asked, draft.metadata.deletionGracePeriodSeconds ?? asked) : 0;
  }

  #commit(resource: ResourceRef<KubeObject>, type: LoggedEvent["type"], draft: Stored, old: Stored | undefined): Stored {
    const revision = ++this.revision;
    draft.metadata.resourceVersion = String(revision);
    const object = deepFreeze(draft);
    const { objects, log } = this.#collection(resource);
    const key = keyOf(resource.namespaced ? (object.metadata.namespace ?? "") : "", object.metadata.name);
    if (type === "DELETED") objects.delete(key);
    else objects.set(key, object);
    log.push({ revision, type, object, old });
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    return object;
  }

  #watch(target: Target, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const { resourceVersion = "", sendInitialEvents = false } = options;
    if (sendInitialEvents && !this.streamingLists) throw new StatusError({ code: 422, reason: "Invalid", message: "sendInitialEvents: Forbidden" });
    const initial = sendInitialEvents || resourceVersion === "" || resourceVersion === "0";
    const from = initial ? this.revision : Number(resourceVersion);
    if (from < this.#compacted && !initial) throw new StatusError({ code: 410, reason: "Expired", message: `too old resource version: ${from}` });
    const first: WatchEvent[] = initial ? this.#list(target, options).items.map((object) => ({ type: "ADDED", object })) : [];
    if (sendInitialEvents) first.push({ type: "BOOKMARK", object: initialEventsEnd(target.resource, from) });
    return this.#follow(target, options, first, from, AbortSignal.any([signal, this.#watches.signal]));
  }

  async *#follow(target: Target, options: WatchOptions, first: readonly WatchEvent[], from: number, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    yield* first;
    for (let seen = from; !signal.aborted; ) {
      const changed = this.#changed.promise;
      for (const event of [...this.#collection(target.resource).log]) {
        if (event.revision <= seen) continue;
        seen = event.revision;
        const visible = visibleEvent(target, options, event);
        if (visible !== undefined && !signal.aborted) yield visible;
      }
      await Promise.race([changed, aborted]);
    }
  }

  #time(): string {
    return `${new Date(this.#now()).toISOString().slice(0, 19)}Z`;
  }
}

function initialEventsEnd(resource: ResourceRef<KubeObject>, revision: number): KubeObject {
  const metadata = { resourceVersion: String(revision), annotations: { "k8s.io/initial-events-end": "true" } };
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: metadata as unknown as KubeObject["metadata"] };
}

function keyOf(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** What each endpoint may change. */
function merge(subresource: string, draft: Stored, old: Stored): Stored {
  const kept = { ...draft.metadata };
  for (const field of ["uid", "creationTimestamp", "generation", "namespace", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"] as const) {
    if (old.metadata[field] === undefined) delete kept[field];
    else Object.assign(kept, { [field]: old.metadata[field] });
  }
  // As in Kubernetes: a status write may bring annotations along.
  const annotated = { ...copyJson(old.metadata), ...(draft.metadata.annotations === undefined ? {} : { annotations: draft.metadata.annotations }) };
  if (subresource === "status" || subresource === "approval")
    return { ...old, metadata: annotated, ...(draft.status === undefined ? {} : { status: draft.status }) };
  if (subresource === "finalize") return { ...old, metadata: { ...copyJson(old.metadata) }, spec: { ...old.spec, finalizers: draft.spec?.["finalizers"] } };
  const { status: _, ...rest } = draft;
  const base = { ...rest, metadata: kept };
  return old.status === undefined ? base : { ...base, status: old.status };
}

function isFinished(object: Stored): boolean {
  if (object.metadata.deletionTimestamp === undefined || (object.metadata.finalizers ?? []).length > 0) return false;
  if (object.kind === "Namespace") return ((object.spec?.["finalizers"] as unknown[] | undefined) ?? []).length === 0;
  return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

function visibleEvent(target: Target, options: WatchOptions, { type, object, old }: LoggedEvent): WatchEvent | undefined {
  const now = type !== "DELETED" && selects(target, options, object);
  const before = old !== undefined && selects(target, options, old);
  if (now) return { type: before ? "MODIFIED" : "ADDED", object };
  return before ? { type: "DELETED", object } : undefined;
}

function selects(target: Target, options: { labelSelector?: string; fieldSelector?: string }, object: Stored): boolean {
  if (target.namespace !== undefined && target.resource.namespaced && object.metadata.namespace !== target.namespace) return false;
  const label = (key: string) => object.metadata.labels?.[key];
  return matches(options.labelSelector, label) && matches(options.fieldSelector, (path) => field(object, path));
}

/** Equality terms only: `a=b,c!=d`, and `a` for presence. */
function matches(selector: string | undefined, value: (key: string) => string | undefined): boolean {
  if (selector === undefined || selector === "") return true;
  return selector.split(",").every((term) => {
    const [, key = "", operator, wanted = ""] = /^([^=!]+)(==|=|!=)?(.*)$/.exec(term) ?? [];
    if (operator === undefined) return value(key) !== undefined;
    return operator === "!=" ? value(key) !== wanted : value(key) === wanted;
  });
}

function field(object: unknown, path: string): string {
  let value = object;
  for (const part of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[part];
  return value === undefined ? "" : String(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
