/** The REST operations of a resource, as values: both OpenAPI versions, and whoever else asks, render from these. */
import { deleteOptions, status } from "../meta.ts";
import { any, type MessageSchema, message, str } from "../schema.ts";
import { type GroupVersionKindRef, listSchemaOf } from "./definitions.ts";
import {
  deleteCollectionParameters,
  deleteParameters,
  listParameters,
  nameParameter,
  namespaceParameter,
  type Parameter,
  patchParameters,
  writeParameters,
} from "./parameters.ts";

/** What OpenAPI needs to know of a resource; `ResourceDefinition` of src/api satisfies it. */
export interface OpenApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  /** All of them unless stated. */
  readonly verbs?: readonly string[];
  readonly schema: MessageSchema;
  readonly strategy?: { readonly returnsDeletedObject?: boolean };
  readonly status?: { readonly verbs: readonly string[] };
  readonly scale?: unknown;
  readonly subresources?: Readonly<Record<string, { readonly verbs: readonly string[] }>>;
}

/** A subresource of another kind than its resource: scale, binding, eviction, token. */
export interface OpenApiSubresource extends GroupVersionKindRef {
  readonly name: string;
  readonly verbs: readonly string[];
  readonly schema: MessageSchema;
  /** The resource it belongs to, in the plural, and that resource's group and version. */
  readonly of: { readonly group: string; readonly version: string; readonly resource: string };
}

export type Method = "get" | "put" | "post" | "delete" | "patch";

export interface Operation {
  readonly path: string;
  readonly method: Method;
  readonly id: string;
  readonly tag: string;
  readonly doc: string;
  /** x-kubernetes-action. */
  readonly action: string;
  readonly kind: GroupVersionKindRef;
  readonly parameters: readonly Parameter[];
  /** Parameters of the path, which its operations share. */
  readonly pathParameters: readonly Parameter[];
  /** What the body holds; `patch` for a patch of whatever type. */
  readonly body?: MessageSchema | "patch";
  readonly bodyOptional?: boolean;
  readonly answer: MessageSchema;
  /** Status codes that come with `answer`. */
  readonly codes: readonly number[];
  /** The answer may be a watch stream. */
  readonly streams: boolean;
}

const allVerbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function groupVersionPath({ group, version }: { group: string; version: string }): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** `CoreV1`, `AppsV1`, `RbacAuthorizationV1`: how operation ids name a group and version. */
function groupVersionName({ group, version }: { group: string; version: string }): string {
  return `${capital(groupName(group))}${capital(version)}`;
}

function groupName(group: string): string {
  const parts = (group === "" ? "core" : group.replace(/\.k8s\.io$/, "")).split(".");
  return parts[0]! + parts.slice(1).map(capital).join("");
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

type Draft = Pick<Operation, "method" | "action" | "parameters" | "codes"> &
  Partial<Pick<Operation, "body" | "bodyOptional" | "streams">> & { answer: MessageSchema; verb: string; doc: string };

const verbDrafts: Readonly<Record<string, (schema: MessageSchema, kind: string) => Draft>> = {
  get: (schema, kind) => ({ verb: "read", method: "get", action: "get", doc: `read the specified ${kind}`, parameters: [], answer: schema, codes: [200] }),
  update: (schema, kind) => ({
    verb: "replace",
    method: "put",
    action: "put",
    doc: `replace the specified ${kind}`,
    parameters: writeParameters,
    body: schema,
    answer: schema,
    codes: [200, 201],
  }),
  patch: (schema, kind) => ({
    verb: "patch",
    method: "patch",
    action: "patch",
    doc: `partially update the specified ${kind}`,
    parameters: patchParameters,
    body: "patch",
    answer: schema,
    codes: [200, 201],
  }),
  create: (schema, kind) => ({
    verb: "create",
    method: "post",
    action: "post",
    doc: `create ${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`,
    parameters: writeParameters,
    body: schema,
    answer: schema,
    codes: [200, 201, 202],
  }),
  delete: (_schema, kind) => ({
    verb: "delete",
    method: "delete",
    action: "delete",
    doc: `delete ${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`,
    parameters: deleteParameters,
    body: deleteOptions,
    bodyOptional: true,
    answer: status,
    codes: [200, 202],
  }),
  list: (schema, kind) => ({
    verb: "list",
    method: "get",
    action: "list",
    doc: `list or watch objects of kind ${kind}`,
    parameters: listParameters,
    answer: listSchemaOf(schema),
    codes: [200],
    streams: true,
  }),
  watch: (_schema, kind) => ({
    verb: "watch",
    method: "get",
    action: "watch",
    doc: `watch changes to an object of kind ${kind}. Deprecated: use the watch parameter with a list and a field selector for one name`,
    parameters: [],
    answer: watchEvent,
    codes: [200],
    streams: true,
  }),
  watchlist: (_schema, kind) => ({
    verb: "watch",
    method: "get",
    action: "watchlist",
    doc: `watch changes to a list of ${kind}. Deprecated: use the watch parameter with a list`,
    parameters: [],
    answer: watchEvent,
    codes: [200],
    streams: true,
  }),
  deletecollection: (_schema, kind) => ({
    verb: "delete",
    method: "delete",
    action: "deletecollection",
    doc: `delete collection of ${kind}`,
    parameters: deleteCollectionParameters,
    body: deleteOptions,
    bodyOptional: true,
    answer: status,
    codes: [200],
  }),
};

/** Every operation of a resource and its subresources. */
export function operationsOf(resource: OpenApiResource, further: readonly OpenApiSubresource[] = []): Operation[] {
  const verbs = new Set(resource.verbs ?? allVerbs);
  const scope = resource.namespaced ? "Namespaced" : "";
  const base = `${groupVersionPath(resource)}${resource.namespaced ? "/namespaces/{namespace}" : ""}/${resource.resource}`;
  const shared = resource.namespaced ? [namespaceParameter] : [];
  const named = [nameParameter(resource.kind), ...shared];
  const make = (verb: string, path: string, pathParameters: readonly Parameter[], middle: string, suffix = ""): Operation =>
    operation(resource, resource, resource.schema, verb, path, pathParameters, middle, suffix);

  const operations: Operation[] = [];
  const add = (verb: string, ...rest: [path: string, parameters: readonly Parameter[], middle: string, suffix?: string]) => {
    if (verbs.has(verb)) operations.push(make(verb, ...rest));
  };
  if (resource.namespaced) add("list", `${groupVersionPath(resource)}/${resource.resource}`, [], "", "ForAllNamespaces");
  add("list", base, shared, scope);
  add("create", base, shared, scope);
  add("deletecollection", base, shared, `Collection${scope}`);
  for (const verb of ["get", "update", "patch", "delete"]) add(verb, `${base}/{name}`, named, scope);

  if (verbs.has("watch")) operations.push(...watchOperations(resource, make));
  const ownKind = { ...(resource.status === undefined ? {} : { status: resource.status }), ...resource.subresources };
  for (const [name, { verbs: own }] of Object.entries(ownKind)) {
    for (const verb of own) operations.push(make(verb, `${base}/{name}/${name}`, named, scope, capital(name)));
  }
  for (const sub of further.filter(({ of }) => of.group === resource.group && of.version === resource.version && of.resource === resource.resource)) {
    const subNamed = [nameParameter(sub.kind), ...shared];
    for (const verb of sub.verbs) operations.push(operation(resource, sub, sub.schema, verb, `${base}/{name}/${sub.name}`, subNamed, scope, capital(sub.name)));
  }
  return operations;
}

const watchEvent = message("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent", "WatchEvent is one change that a watch tells of.", {
  type: str(1, "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.", { required: true }),
  object: any(2, "The object as it is now, or was last; of an error a Status.", { required: true }),
});

type MakeOperation = (verb: string, path: string, pathParameters: readonly Parameter[], middle: string, suffix?: string) => Operation;

/** The paths that came before `watch=true`: deprecated, but served. They tell all their parameters of the path. */
function watchOperations(resource: OpenApiResource, make: MakeOperation): Operation[] {
  const { namespaced, kind, resource: plural } = resource;
  const root = `${groupVersionPath(resource)}/watch`;
  const base = `${root}${namespaced ? "/namespaces/{namespace}" : ""}/${plural}`;
  const shared = namespaced ? [namespaceParameter] : [];
  const scope = namespaced ? "Namespaced" : "";
  const all = namespaced ? [make("watchlist", `${root}/${plural}`, listParameters, "", "ListForAllNamespaces")] : [];
  const list = make("watchlist", base, [...listParameters, ...shared], scope, "List");
  return [...all, list, make("watch", `${base}/{name}`, [...listParameters, nameParameter(kind), ...shared], scope)];
}

/** Of a deleted namespace upstream's documents tell a Status, though its answer is the namespace. */
function answersWithObject({ strategy, kind }: OpenApiResource): boolean {
  return strategy?.returnsDeletedObject === true && kind !== "Namespace";
}

function operation(
  resource: OpenApiResource,
  gvk: GroupVersionKindRef,
  schema: MessageSchema,
  verb: string,
  path: string,
  pathParameters: readonly Parameter[],
  middle: string,
  suffix: string,
): Operation {
  const draft = verbDrafts[verb];
  if (draft === undefined) throw new Error(`cannot describe ${path}: verb ${JSON.stringify(verb)} is unknown`);
  const { verb: word, doc, streams = false, ...rest } = draft(schema, gvk.kind);
  return {
    ...rest,
    ...(verb === "delete" && answersWithObject(resource) ? { answer: schema } : {}),
    doc: suffix === "" || suffix === "ForAllNamespaces" ? doc : doc.replace("the specified", `${suffix.toLowerCase()} of the specified`),
    streams,
    path,
    id: `${word}${groupVersionName(resource)}${middle}${resource.kind}${suffix}`,
    tag: `${groupName(resource.group)}_${resource.version}`,
    kind: { group: gvk.group, version: gvk.version, kind: gvk.kind },
    pathParameters,
  };
}
