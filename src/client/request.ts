/** Requests of the Kubernetes API as plain values: verb and options in, method, path and body out. */
import type { DeleteOptions, GetOptions, ListOptions, PatchOptions, PatchType, Target, WatchOptions, WriteOptions } from "../machinery/transport.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: unknown;
  /** Reads may be sent again when a connection breaks. */
  readonly repeatable: boolean;
}

const patchTypes: Record<PatchType, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/** `/api/v1/namespaces/ns/pods/name/status`; the collection when `target` names no object. */
export function targetPath(target: Target): string {
  const { resource, namespace, name, subresource } = target;
  const parts = resource.group === "" ? ["api", resource.version] : ["apis", resource.group, resource.version];
  if (resource.namespaced && namespace !== undefined && namespace !== "") parts.push("namespaces", namespace);
  parts.push(resource.resource);
  if (name !== undefined && name !== "") parts.push(name);
  const path = `/${parts.map(encodeURIComponent).join("/")}`;
  return subresource === undefined || subresource === "" ? path : `${path}/${subresource.split("/").map(encodeURIComponent).join("/")}`;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

function writeQuery({ fieldManager, fieldValidation, dryRun }: WriteOptions): Query {
  return { fieldManager, fieldValidation, dryRun: dryRun === true ? "All" : undefined };
}

function listQuery(options: ListOptions): Query {
  const { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch } = options;
  return { labelSelector, fieldSelector, limit, continue: options.continue, resourceVersion, resourceVersionMatch };
}

export const apiRequest = {
  get: (target: Target, options: GetOptions): ApiRequest => ({
    method: "GET",
    path: withQuery(targetPath(target), { resourceVersion: options.resourceVersion }),
    repeatable: true,
  }),

  list: (target: Target, options: ListOptions): ApiRequest => ({ method: "GET", path: withQuery(targetPath(target), listQuery(options)), repeatable: true }),

  watch: (target: Target, options: WatchOptions): ApiRequest => ({
    method: "GET",
    path: withQuery(targetPath(target), {
      ...listQuery(options as ListOptions),
      watch: true,
      allowWatchBookmarks: options.allowWatchBookmarks,
      sendInitialEvents: options.sendInitialEvents,
      timeoutSeconds: options.timeoutSeconds,
    }),
    repeatable: true,
  }),

  create: (target: Target, body: object, options: WriteOptions): ApiRequest => ({
    method: "POST",
    path: withQuery(targetPath(target), writeQuery(options)),
    contentType: "application/json",
    body: typed(target, body),
    repeatable: false,
  }),

  update: (target: Target, body: object, options: WriteOptions): ApiRequest => ({
    method: "PUT",
    path: withQuery(targetPath(target), writeQuery(options)),
    contentType: "application/json",
    body: typed(target, body),
    repeatable: false,
  }),

  patch: (target: Target, body: unknown, options: PatchOptions): ApiRequest => ({
    method: "PATCH",
    path: withQuery(targetPath(target), { ...writeQuery(options), force: options.force }),
    contentType: patchTypes[options.type],
    body,
    repeatable: false,
  }),

  delete: (target: Target, options: DeleteOptions): ApiRequest => ({
    method: "DELETE",
    path: targetPath(target),
    contentType: "application/json",
    body: deleteBody(options),
    repeatable: false,
  }),

  deleteCollection: (target: Target, options: DeleteOptions & ListOptions): ApiRequest => ({
    method: "DELETE",
    path: withQuery(targetPath(target), listQuery(options)),
    contentType: "application/json",
    body: deleteBody(options),
    repeatable: false,
  }),
};

/** Drafts may leave kind and apiVersion out; the wire may not. A subresource's body (Binding, Eviction) says its own. */
function typed(target: Target, body: object): object {
  if ("kind" in body || (target.subresource !== undefined && target.subresource !== "status")) return body;
  const { group, version, kind } = target.resource;
  return { apiVersion: group === "" ? version : `${group}/${version}`, kind, ...body };
}

function deleteBody({ gracePeriodSeconds, propagationPolicy, preconditions, dryRun }: DeleteOptions): object {
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(dryRun === true ? { dryRun: ["All"] } : {}),
  };
}
