/** From a request whose user is known to its result: authorization, then the registry or a handler. */
import type { AnyResourceDefinition, Verb } from "../api/resource.ts";
import { unreadableObject, unrecognizedObject } from "../machinery/decode-error.ts";
import { applyStaticDefaults } from "../machinery/defaults.ts";
import { pathSegmentNameErrors } from "../machinery/names.ts";
import { apiVersionOf, type GroupVersionKind, type KubeObject, parseApiVersion } from "../machinery/object.ts";
import { protobufMediaType } from "../machinery/protobuf.ts";
import type { MessageSchema } from "../machinery/schema.ts";
import { badRequest, methodNotAllowed, notImplemented, PageNotFoundError, pathNotFound, unsupportedMediaType } from "../machinery/status.ts";
import type { PatchType } from "../machinery/transport.ts";
import type { AdmissionChain } from "./admission-chain.ts";
import { attributesOfRequest, authorize } from "./authorization/authorize.ts";
import type { ApiCall, ApiResult } from "./calls.ts";
import type { AdmissionAttributes, AdmissionOperation, Authorizer, RequestInfo, SubresourceHandler, VirtualHandler } from "./contract.ts";
import type { Offer } from "./http/accept.ts";
import { createObject } from "./registry/create.ts";
import { type Body, claimedApiVersion, decodeBody, decodeInSteps, readPatch } from "./registry/decode.ts";
import { deleteEach, deleteObject, deletionStatus } from "./registry/delete.ts";
import { type ListQuery, parseListQuery } from "./registry/list-options.ts";
import { type PatchBody, patchObject } from "./registry/patch.ts";
import { noProblems, problemsOf } from "./registry/patch-problems.ts";
import { pauseFor } from "./registry/pause.ts";
import { getObject, listObjects, watchObjects } from "./registry/read.ts";
import type { RegistryContext, WriteRequest } from "./registry/requests.ts";
import type { ResourceStore } from "./registry/resource-store.ts";
import { getScale, patchScale, updateScale } from "./registry/scale.ts";
import { fieldRequirement, selectionOf } from "./registry/selection.ts";
import { replaceObject } from "./registry/update.ts";
import { checkNamespace, subresourceOf } from "./registry/write-steps.ts";
import type { ResourceTable, ServedResource } from "./served-resources.ts";
import { scaleForm, statusForm } from "./subresources/forms.ts";
import { parseDeleteOptions, parseWriteQuery, type WriteQuery } from "./write-options.ts";

/** PATCH content types as the wire form has them. */
export const patchTypes: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

const collectionVerbs = new Set(["create", "deletecollection", "list", "watch"]);
const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

export class Dispatcher {
  readonly #resources: ResourceTable;
  readonly #context: RegistryContext;
  readonly #authorizer: Authorizer;

  constructor(resources: ResourceTable, context: RegistryContext, authorizer: Authorizer) {
    this.#resources = resources;
    this.#context = context;
    this.#authorizer = authorizer;
  }

  /** The handler that owns this request's subresource, if one does. */
  handlerFor({ group, version, resource, subresource }: ApiCall["info"]): SubresourceHandler | undefined {
    const served = subresource === "" ? undefined : this.#resources.find(group, version, resource);
    return served === undefined ? undefined : this.#resources.subresource(served.definition, subresource);
  }

  /** The forms in which the answer to this request can be given. Kinds that are not stored have no tables (AM-04). */
  offerFor({ group, version, resource, subresource, verb }: ApiCall["info"]): Offer {
    const served = this.#resources.find(group, version, resource);
    const hasTable =
      served !== undefined && (served.store !== undefined || verb !== "create") && (subresource === "" || isOwnForm(served.definition, subresource));
    const answer = verb === "watch" ? "watch" : verb === "list" || verb === "deletecollection" ? "list" : "object";
    return { answer, kind: served?.definition.kind ?? "", table: hasTable };
  }

  /** Resource requests, but for those of connect handlers. */
  async handle(call: ApiCall): Promise<ApiResult> {
    const asked = authorize(this.#authorizer, attributesOfRequest(call.user, call.info, call.query), call.annotate);
    if (asked !== undefined) await asked;
    const served = this.#served(call);
    warnOfDeprecation(call, served.definition);
    const handler = call.info.subresource === "" ? undefined : this.#resources.subresource(served.definition, call.info.subresource);
    if (handler !== undefined) return handleSubresource(this.#context.admission, call, served.definition, handler);
    if (served.store === undefined) return handleVirtual(this.#context.admission, call, served.definition, this.#resources.virtual(served.definition));
    return await this.#handleStored(call, served.store);
  }

  /** What a connect handler's request must pass: authorization, and admission unless it only reads (log). */
  async admitConnection(call: ApiCall, handler: SubresourceHandler): Promise<void> {
    await authorize(this.#authorizer, attributesOfRequest(call.user, call.info, call.query), call.annotate);
    const { verbs } = handler;
    // OPTIONS has no verb of its own; who takes DELETE is a proxy, which passes every method on.
    const passesOn = call.method === "OPTIONS" && verbs.includes("delete");
    if (!passesOn && !verbs.includes(call.info.verb as Verb)) throw methodNotAllowed();
    if (!verbs.includes("create")) return;
    const options = connectOptions(call, handler);
    await this.#context.admission.run(handlerAttributes(call, handler.definition, "CONNECT", options as unknown as KubeObject, false));
  }

  #served({ info, method }: ApiCall): ServedResource {
    // RequestInfo, and so authorization, looks past slashes that no path of the API begins with.
    if (info.path.startsWith("//")) throw new PageNotFoundError();
    const served = this.#resources.find(info.group, info.version, info.resource);
    if (served === undefined) throw this.#resources.serves(info.group) ? pathNotFound() : new PageNotFoundError();
    const { namespaced, resource } = served.definition;
    // A namespace is in itself, as far as paths and authorization go.
    if (!namespaced && info.namespace !== "" && !(resource === "namespaces" && info.namespace === info.name)) throw pathNotFound();
    // What lies in namespaces can be listed across them, and no more.
    if (namespaced && info.namespace === "" && info.verb !== "list" && info.verb !== "watch") throw info.name === "" ? methodNotAllowed() : pathNotFound();
    if (method === "HEAD") throw methodNotAllowed();
    return served;
  }

  #handleStored(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const { definition } = resource;
    const { verb, subresource } = call.info;
    if (subresource === "scale" && definition.scale !== undefined) return this.#scale(call, resource);
    checkVerb(definition, call.info);
    checkName(call.info.name);
    switch (verb) {
      case "get":
        return this.#get(call, resource);
      case "list":
        return this.#list(call, resource);
      case "watch":
        return this.#watch(call, resource);
      case "create":
        return this.#create(call, resource);
      case "update":
        return this.#update(call, resource);
      case "patch":
        return this.#patch(call, resource);
      case "delete":
        return this.#delete(call, resource);
      case "deletecollection":
        return this.#deleteCollection(call, resource);
      default:
        throw methodNotAllowed();
    }
  }

  async #get(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const { namespace, name } = call.info;
    const object = await getObject(this.#context, resource, namespace, name, call.query.get("resourceVersion") ?? "", call.signal);
    return { type: "object", code: 200, definition: resource.definition, object };
  }

  async #list(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const query = parseListQuery(call.query, false);
    const list = await listObjects(this.#context, resource, query, selectOne(call, resource, query), call.signal);
    return { type: "list", resource, list };
  }

  async #watch(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const query = parseListQuery(call.query, true, this.#context.watchList);
    const watcher = await watchObjects(this.#context, resource, query, selectOne(call, resource, query), call.signal);
    return { type: "watch", resource, watch: { watcher, bookmarks: query.allowWatchBookmarks, timeoutSeconds: query.timeoutSeconds } };
  }

  async #create(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const { definition } = resource;
    const query = parseWriteQuery(call.query, "CreateOptions");
    const body = await requiredBody(call, definition);
    const request = writeRequest(call, resource, query, body);
    const object = await decodeInSteps(body, definition, { validation: query.validation, warn: call.warn }, request.pause);
    await request.pause();
    const created = await createObject(this.#context, request, object);
    return { type: "object", code: 201, definition, object: created };
  }

  async #update(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const { definition } = resource;
    const query = parseWriteQuery(call.query, "UpdateOptions");
    const body = await requiredBody(call, definition);
    const request = writeRequest(call, resource, query, body);
    const decode = (warn: (text: string) => void) => decodeInSteps(body, definition, { validation: query.validation, warn }, request.pause);
    // The first copy serves the first attempt; each lost race needs another.
    let next: Promise<KubeObject> | undefined = Promise.resolve(await decode(call.warn));
    const copy = () => {
      const object = next ?? decode(() => undefined);
      next = undefined;
      return object;
    };
    const { object, created } = await replaceObject(this.#context, request, copy);
    return { type: "object", code: created ? 201 : 200, definition, object };
  }

  async #patch(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const type = patchTypeOf(call);
    const query = parseWriteQuery(call.query, "PatchOptions", type === "apply");
    const body = await requiredBody(call, resource.definition);
    const patch = patchOf(type, body, query);
    const { object, created } = await patchObject(this.#context, writeRequest(call, resource, query, body), patch);
    return { type: "object", code: created ? 201 : 200, definition: resource.definition, object };
  }

  async #delete(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const { definition } = resource;
    const { dryRun, deletion, options } = parseDeleteOptions(call.query, await call.body(), definition);
    const request = { ...writeRequest(call, resource, undefined), dryRun, options };
    const { object, gone } = await deleteObject(this.#context, request, deletion);
    if (gone && definition.strategy.returnsDeletedObject !== true)
      return { type: "plain", code: 200, form: statusForm, object: deletionStatus(request, object.object) };
    // Only the older form of asking for the dependents to go as well tells by the code that this is still to come.
    return { type: "object", code: !gone && deletion.orphanDependents === false ? 202 : 200, definition, object };
  }

  async #deleteCollection(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const { dryRun, deletion, options } = parseDeleteOptions(call.query, await call.body(), resource.definition);
    const query = parseListQuery(call.query, false);
    const list = await listObjects(this.#context, resource, query, selectionOf(resource.definition, call.info.namespace, query), call.signal);
    const requestFor = ({ metadata }: KubeObject): WriteRequest => ({
      ...writeRequest(call, resource, undefined),
      namespace: metadata.namespace ?? "",
      name: metadata.name,
      dryRun,
      options,
    });
    await deleteEach(this.#context, requestFor, list.items, deletion);
    return { type: "list", resource, list };
  }

  async #scale(call: ApiCall, resource: ResourceStore): Promise<ApiResult> {
    const { verb, namespace, name } = call.info;
    if (verb === "get") {
      const stored = await getObject(this.#context, resource, namespace, name, call.query.get("resourceVersion") ?? "", call.signal);
      return { type: "plain", code: 200, form: scaleForm, object: getScale(resource.definition, stored.object) };
    }
    if (verb === "update") {
      const query = parseWriteQuery(call.query, "UpdateOptions");
      const scale = await updateScale(this.#context, writeRequest(call, resource, query), await requiredBody(call, { kind: "Scale" }), query.validation);
      return { type: "plain", code: 200, form: scaleForm, object: scale };
    }
    if (verb !== "patch") throw methodNotAllowed();
    const type = patchTypeOf(call);
    const query = parseWriteQuery(call.query, "PatchOptions", type === "apply");
    const body = await requiredBody(call, resource.definition);
    const patch = patchOf(type, body, query);
    return { type: "plain", code: 200, form: scaleForm, object: await patchScale(this.#context, writeRequest(call, resource, query), patch) };
  }
}

function warnOfDeprecation({ warn }: ApiCall, definition: AnyResourceDefinition): void {
  const { deprecated, kind } = definition;
  if (deprecated === undefined) return;
  const instead = deprecated.replacement === undefined ? "" : `; use ${deprecated.replacement}`;
  warn(`${apiVersionOf(definition)} ${kind} is deprecated in ${deprecated.since}+${instead}`);
}

/** Subresources that show the object itself, and Scale, which has columns of its own. */
function isOwnForm(definition: AnyResourceDefinition, subresource: string): boolean {
  return subresourceOf(definition, subresource) !== undefined || (subresource === "scale" && definition.scale !== undefined);
}

/** `watch` and `list` of one name (the deprecated /watch/…/name paths) narrow the selection to it. */
function selectOne(call: ApiCall, resource: ResourceStore, query: ListQuery) {
  const { name, namespace } = call.info;
  if (name === "") return selectionOf(resource.definition, namespace, query);
  if (query.fieldSelector === "") return selectionOf(resource.definition, namespace, { ...query, fieldSelector: `metadata.name=${name}` });
  if (fieldRequirement(query.fieldSelector, "metadata.name") !== name) throw badRequest("fieldSelector metadata.name doesn't match requested name");
  return selectionOf(resource.definition, namespace, query);
}

/** A name that would be no segment of a path names nothing that could be there. */
function checkName(name: string): void {
  const errors = name === "" ? [] : pathSegmentNameErrors(name);
  if (errors.length > 0) throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${errors.join(";")}`);
}

/** What a path allows (POST to a collection, PUT to an object), and the resource. */
function checkVerb(definition: AnyResourceDefinition, info: RequestInfo): void {
  const { subresource, verb } = info;
  if (collectionVerbs.has(verb) !== (info.name === "") && verb !== "watch" && verb !== "list" && subresource === "") throw methodNotAllowed();
  if (subresource === "") {
    if (!(definition.verbs ?? allVerbs).includes(verb as Verb)) throw methodNotAllowed();
    return;
  }
  const served = subresourceOf(definition, subresource);
  if (served === undefined)
    throw !Object.hasOwn(definition.otherSubresources ?? {}, subresource) ? pathNotFound() : notImplemented(`${definition.resource}/${subresource}`);
  // Reading a subresource of the same object reads the object.
  if (!served.verbs.includes(verb as Verb)) throw methodNotAllowed();
}

function writeRequest(call: ApiCall, resource: ResourceStore, query: WriteQuery | undefined, body?: Body): WriteRequest {
  const { namespace, name, subresource } = call.info;
  return {
    resource,
    namespace,
    name,
    subresource,
    user: call.user,
    dryRun: query?.dryRun ?? false,
    fieldManager: query === undefined || query.fieldManager === "" ? call.userAgent : query.fieldManager,
    options: query?.options ?? {},
    signal: call.signal,
    pause: pauseFor(body === undefined || body.type === "value" ? 0 : body.bytes.length),
    admitted: true,
    warn: call.warn,
    annotate: call.annotate,
  };
}

async function requiredBody(call: ApiCall, { kind }: { readonly kind: string }): Promise<Body> {
  const body = await call.body();
  if (body !== undefined) return body;
  const type = String(call.headers["content-type"] ?? "");
  // No text at all is YAML, of nothing.
  if (type.startsWith("application/yaml")) return { type: "value", value: {} };
  if (type.startsWith(protobufMediaType)) throw unreadableObject(kind, "empty data", "");
  throw unrecognizedObject(kind, "unexpected end of JSON input", "");
}

function patchOf(type: PatchType, body: Body, { force, validation }: WriteQuery): PatchBody {
  const { patch, readable } = readPatch(body);
  return { type, patch, force: force === true, validation, ...(validation === "Ignore" ? noProblems : problemsOf(type, readable, patch)) };
}

function patchTypeOf(call: ApiCall): PatchType {
  const header = call.headers["content-type"];
  const type =
    patchTypes[
      String(header ?? "")
        .split(";")[0]!
        .trim()
        .toLowerCase()
    ];
  if (type === undefined) throw unsupportedMediaType(Object.keys(patchTypes));
  return type;
}

async function handleSubresource(admission: AdmissionChain, call: ApiCall, definition: AnyResourceDefinition, handler: SubresourceHandler): Promise<ApiResult> {
  if (handler.handle === undefined || !handler.verbs.includes(call.info.verb as Verb)) throw methodNotAllowed();
  const query = parseWriteQuery(call.query, call.method === "POST" ? "CreateOptions" : "UpdateOptions");
  const writes = call.method === "POST" || call.method === "PUT";
  const body = writes && handler.body !== undefined ? await requiredBody(call, handler.kind) : await call.body();
  const decoded = body === undefined || handler.body === undefined ? undefined : decodeHandled(body, handler.body, acceptedKind(handler, body), query, call);
  if (decoded !== undefined && call.method === "POST") checkNamespace(decoded.metadata, definition, call.info.namespace);
  if (call.method !== "GET") await admission.run(handlerAttributes(call, definition, call.method === "POST" ? "CREATE" : "UPDATE", decoded, query.dryRun));
  const object = await handler.handle({ ...call, definition, body: decoded, dryRun: query.dryRun });
  const code = statusCodeOf(object);
  const form = code === undefined && handler.body !== undefined ? { schema: handler.body } : statusForm;
  return { type: "plain", code: code ?? (call.method === "POST" ? 201 : 200), form, object };
}

function acceptedKind({ kind, alsoAccepts = [] }: SubresourceHandler, body: Body): GroupVersionKind {
  const claimed = alsoAccepts.length === 0 ? undefined : claimedApiVersion(body);
  return claimed !== undefined && alsoAccepts.includes(claimed) ? { ...parseApiVersion(claimed), kind: kind.kind } : kind;
}

function decodeHandled(body: Body, schema: MessageSchema, gvk: GroupVersionKind, query: WriteQuery, call: ApiCall): KubeObject {
  const object = decodeBody(body, { schema, gvk, validation: query.validation, warn: call.warn });
  applyStaticDefaults(schema, object);
  return object;
}

async function handleVirtual(
  admission: AdmissionChain,
  call: ApiCall,
  definition: AnyResourceDefinition,
  handler: VirtualHandler | undefined,
): Promise<ApiResult> {
  const { verb } = call.info;
  if (!(definition.verbs ?? allVerbs).includes(verb as Verb)) throw methodNotAllowed();
  if (handler === undefined) throw notImplemented(definition.resource);
  const read = { ...call, definition, body: undefined, dryRun: false };
  if (verb === "create" && handler.create !== undefined) return createVirtual(admission, call, definition, handler);
  if (verb === "get" && handler.get !== undefined) return { type: "object", code: 200, definition, object: await handler.get(read) };
  if (verb === "list" && handler.list !== undefined) return { type: "plainList", definition, items: await handler.list(read) };
  throw methodNotAllowed();
}

async function createVirtual(admission: AdmissionChain, call: ApiCall, definition: AnyResourceDefinition, handler: VirtualHandler): Promise<ApiResult> {
  const query = parseWriteQuery(call.query, "CreateOptions");
  const object = decodeHandled(await requiredBody(call, definition), definition.schema, definition, query, call);
  definition.strategy.defaults?.(object);
  checkNamespace(object.metadata, definition, call.info.namespace);
  await admission.run(handlerAttributes(call, definition, "CREATE", object, query.dryRun));
  return {
    type: "plain",
    code: 201,
    form: { schema: definition.schema },
    object: await handler.create!({ ...call, definition, body: object, dryRun: query.dryRun }),
  };
}

function handlerAttributes(
  call: ApiCall,
  definition: AnyResourceDefinition,
  operation: AdmissionOperation,
  object: KubeObject | undefined,
  dryRun: boolean,
): AdmissionAttributes {
  const { user, warn, annotate } = call;
  const { subresource, namespace, name } = call.info;
  return { operation, definition, subresource, namespace, name, object, oldObject: undefined, user, dryRun, options: {}, warn, annotate };
}

/** PodExecOptions and its like: the query as an object. Repeated parameters are lists. */
function connectOptions(call: ApiCall, { kind }: SubresourceHandler): Record<string, unknown> {
  const options: Record<string, unknown> = { kind: kind.kind, apiVersion: apiVersionOf(kind) };
  for (const key of call.query.keys()) {
    const values = call.query.getAll(key);
    options[key] = key === "command" || key === "ports" || values.length > 1 ? values : values[0];
  }
  return options;
}

/** A handler may answer with a Status, which carries its own code. */
function statusCodeOf(object: KubeObject): number | undefined {
  const { kind, apiVersion } = object;
  if (kind !== "Status" || parseApiVersion(apiVersion).version !== "v1") return undefined;
  const { code } = object as unknown as { code?: number };
  return code;
}
