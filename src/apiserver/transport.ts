/**
 * The in-process transport: the request chain from authorization on, without bytes. Objects that come out are the watch
 * cache's own.
 */
import type { KubeList, KubeObject } from "../machinery/object.ts";
import { methodNotSupported } from "../machinery/status.ts";
import type {
  DeleteOptions,
  GetOptions,
  ListOptions,
  PatchOptions,
  PatchType,
  Target,
  Transport,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../machinery/transport.ts";
import type { ApiCall, ApiResult } from "./calls.ts";
import type { RequestInfo, UserInfo } from "./contract.ts";
import { type Dispatcher, patchTypes } from "./dispatcher.ts";
import type { Body } from "./registry/decode.ts";
import { listKind, listMetadata } from "./registry/list-kind.ts";
import { parseAll } from "./registry/many-objects.ts";
import type { ListResult } from "./registry/read.ts";
import type { ResourceStore } from "./registry/resource-store.ts";
import { StoredObject } from "./registry/stored-object.ts";
import { type SessionContext, type WatchSession, watchBatches } from "./watch-cache/session.ts";
import type { WatchItem } from "./watch-cache/watcher.ts";

export interface InProcessOptions {
  readonly dispatcher: Dispatcher;
  readonly session: SessionContext;
  readonly user: UserInfo;
  /** As which its writes are recorded in managedFields, where they name no manager of their own. */
  readonly program: string;
}

const contentTypeOf = Object.fromEntries(Object.entries(patchTypes).map(([contentType, type]) => [type, contentType])) as Record<PatchType, string>;

export class InProcessTransport implements Transport {
  readonly #options: InProcessOptions;

  constructor(options: InProcessOptions) {
    this.#options = options;
  }

  async get<T extends KubeObject>(target: Target<T>, options: GetOptions, signal: AbortSignal): Promise<T> {
    return this.#object(target, "get", "GET", { ...options }, signal);
  }

  async list<T extends KubeObject>(target: Target<T>, options: ListOptions, signal: AbortSignal): Promise<KubeList<T>> {
    const result = await this.#handle(target, "list", "GET", { ...options }, signal);
    if (result.type === "list") return toList<T>(result.resource, result.list, signal);
    if (result.type !== "plainList") throw new Error(`cannot list ${target.resource.resource}: the answer is no list`);
    return { ...listKind(result.definition), metadata: { resourceVersion: "" }, items: result.items as readonly T[] };
  }

  async create<T extends KubeObject>(target: Target<T>, body: object, options: WriteOptions, signal: AbortSignal): Promise<T> {
    return this.#object(target, "create", "POST", { ...options }, signal, { type: "value", value: body });
  }

  async update<T extends KubeObject>(target: Target<T>, body: object, options: WriteOptions, signal: AbortSignal): Promise<T> {
    return this.#object(target, "update", "PUT", { ...options }, signal, { type: "value", value: body });
  }

  async patch<T extends KubeObject>(target: Target<T>, body: unknown, options: PatchOptions, signal: AbortSignal): Promise<T> {
    const { type, ...query } = options;
    const headers = { "content-type": contentTypeOf[type] };
    return this.#object(target, "patch", "PATCH", query, signal, { type: "value", value: body }, headers);
  }

  async delete<T extends KubeObject>(target: Target<T>, options: DeleteOptions, signal: AbortSignal): Promise<T | KubeObject> {
    return this.#object(target, "delete", "DELETE", {}, signal, deleteBody(options));
  }

  async deleteCollection(target: Target, options: DeleteOptions & ListOptions, signal: AbortSignal): Promise<void> {
    const { gracePeriodSeconds: _grace, propagationPolicy: _policy, preconditions: _preconditions, dryRun: _dryRun, ...query } = options;
    await this.#handle(target, "deletecollection", "DELETE", query, signal, deleteBody(options));
  }

  async watch<T extends KubeObject>(target: Target<T>, options: WatchOptions, signal: AbortSignal): Promise<AsyncIterable<WatchEvent<T>>> {
    const result = await this.#handle(target, "watch", "GET", { ...options, watch: true }, signal);
    if (result.type !== "watch") throw new Error(`cannot watch ${target.resource.resource}: the answer is no watch`);
    return events<T>(result.resource, result.watch, this.#options.session, signal);
  }

  async #object<T>(
    target: Target,
    verb: string,
    method: string,
    query: Record<string, unknown>,
    signal: AbortSignal,
    body?: Body,
    headers?: Record<string, string>,
  ): Promise<T> {
    const result = await this.#handle(target, verb, method, query, signal, body, headers);
    if (result.type !== "object" && result.type !== "plain") throw new Error(`cannot ${verb} ${target.resource.resource}: the answer is no object`);
    return (result.object instanceof StoredObject ? result.object.object : result.object) as T;
  }

  async #handle(
    target: Target,
    verb: string,
    method: string,
    query: Record<string, unknown>,
    signal: AbortSignal,
    body?: Body,
    headers: Record<string, string> = {},
  ): Promise<ApiResult> {
    signal.throwIfAborted();
    const call: ApiCall = {
      info: infoOf(target, verb),
      method,
      user: this.#options.user,
      userAgent: this.#options.program,
      query: queryOf(query),
      headers,
      remoteAddress: "",
      signal: signal,
      body: () => Promise.resolve(body),
      warn: () => undefined,
      annotate: () => undefined,
    };
    const handler = this.#options.dispatcher.handlerFor(call.info);
    if (handler?.connect !== undefined) throw methodNotSupported(target.resource, `${verb} without a connection`);
    return this.#options.dispatcher.handle(call);
  }
}

function infoOf({ resource, namespace, name, subresource }: Target, verb: string): RequestInfo {
  const apiPrefix = resource.group === "" ? "api" : "apis";
  const prefix = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const inNamespace = resource.namespaced && namespace !== undefined && namespace !== "" ? `/namespaces/${namespace}` : "";
  const tail = [resource.resource, name, subresource].filter((part) => part !== undefined && part !== "").join("/");
  return {
    isResourceRequest: true,
    path: `${prefix}${inNamespace}/${tail}`,
    verb,
    apiPrefix,
    group: resource.group,
    version: resource.version,
    namespace: resource.namespaced ? (namespace ?? "") : resource.resource === "namespaces" ? (name ?? "") : "",
    resource: resource.resource,
    subresource: subresource ?? "",
    name: name ?? "",
    rest: "",
  };
}

function queryOf(options: Record<string, unknown>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (key === "dryRun") {
      if (value === true) query.set("dryRun", "All");
    } else query.set(key, String(value));
  }
  return query;
}

function deleteBody({ gracePeriodSeconds, propagationPolicy, preconditions, dryRun }: DeleteOptions): Body {
  const value = {
    kind: "DeleteOptions",
    apiVersion: "meta.k8s.io/v1",
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(dryRun === true ? { dryRun: ["All"] } : {}),
  };
  return { type: "value", value };
}

async function toList<T extends KubeObject>(resource: ResourceStore, list: ListResult, signal: AbortSignal): Promise<KubeList<T>> {
  const items = (await parseAll(list.items, signal)) as unknown as readonly T[];
  return { ...listKind(resource.definition), metadata: listMetadata(list), items };
}

async function* events<T extends KubeObject>(
  resource: ResourceStore,
  session: WatchSession,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  for await (const batch of watchBatches(session, context, signal)) {
    for (const item of batch) {
      if (signal.aborted) return;
      yield toEvent<T>(resource, item);
    }
  }
}

function toEvent<T extends KubeObject>(resource: ResourceStore, item: WatchItem): WatchEvent<T> {
  if (item.type === "BOOKMARK") return { type: "BOOKMARK", object: bookmarkObject(resource, item.revision, item.initialEnd) as T };
  return { type: item.type, object: resource.view(item.stored).object as T };
}

/** Kind, apiVersion and the revision; the annotation closes a streaming list (KEP-3157). */
export function bookmarkObject({ definition }: ResourceStore, revision: number, initialEnd: boolean): KubeObject {
  const { group, version, kind } = definition;
  const annotations = initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  const metadata = { resourceVersion: String(revision), ...annotations } as unknown as KubeObject["metadata"];
  return { kind, apiVersion: group === "" ? version : `${group}/${version}`, metadata };
}
