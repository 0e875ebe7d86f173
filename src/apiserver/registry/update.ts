/** PUT and everything else that turns one version of an object into the next. */
import { copyJson, sameJson } from "../../machinery/json.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { badRequest, conflict, fieldError, invalid, notFound, staleVersion } from "../../machinery/status.ts";
import type { KeyClaims } from "../contract.ts";
import { createNamed } from "./create.ts";
import { recordFields } from "./managed.ts";
import { noPause, pauseFor } from "./pause.ts";
import { type RegistryContext, strategyContext, type WriteRequest } from "./requests.ts";
import { PendingWrite, type StoredObject } from "./stored-object.ts";
import { isLeased, leaseFor } from "./time-to-live.ts";
import { type Attempt, onCurrent, type PutOptions, put, remove } from "./transactions.ts";
import {
  admit,
  attributesOf,
  dropDoubleOwners,
  keepSystemFields,
  subresourceOf,
  takeNamespace,
  validateAdmission,
  validateUpdate,
  withReservations,
} from "./write-steps.ts";

export interface Written {
  readonly object: StoredObject | KubeObject;
  /** 201 rather than 200. */
  readonly created: boolean;
}

/** The next version of an object, as the client wants it. */
export interface Change {
  /** Decoded and defaulted, the caller's own. Called again after each lost race. */
  next(existing: KubeObject | undefined): Promise<KubeObject> | KubeObject;
  /** Its managedFields are settled (server-side apply). */
  readonly recorded?: boolean;
  /** Whether a name that does not exist may be created. */
  readonly mayCreate: boolean;
  /** A uid in it says which object is meant (PUT): one of the same name that came later is not it, nor is none. */
  readonly meansUid?: boolean;
}

export function replaceObject(context: RegistryContext, request: WriteRequest, copy: () => Promise<KubeObject>): Promise<Written> {
  const { strategy } = request.resource.definition;
  const mayCreate = strategy.allowCreateOnUpdate === true && request.subresource === "";
  return changeObject(context, request, { next: copy, mayCreate, meansUid: true });
}

/** Reads, changes, checks and writes; again while others are faster and the client's revision, if any, still holds. */
export function changeObject(context: RegistryContext, request: WriteRequest, change: Change): Promise<Written> {
  const { resource } = request;
  const key = resource.key(request.namespace, request.name);
  return onCurrent(context, resource, key, async (existing): Promise<Attempt<Written>> => {
    const old = existing === undefined ? undefined : resource.view(existing);
    // A small change of a large object is a large write too.
    const paced = existing === undefined || request.pause !== noPause ? request : { ...request, pause: pauseFor(existing.wireLength) };
    const object = await change.next(old?.object);
    if (paced.pause !== noPause) await paced.pause();
    if (change.meansUid === true) {
      checkUid(request, key, object, old?.object);
      dropDoubleOwners(request, object.metadata, "");
    }
    checkIdentity(request, object);
    if (existing === undefined || old === undefined) return create(context, paced, change, object);
    return update(context, paced, change, object, existing, old);
  });
}

async function create(context: RegistryContext, request: WriteRequest, change: Change, object: KubeObject): Promise<Attempt<Written>> {
  const { resource } = request;
  if (!change.mayCreate) throw notFound(resource.groupResource, request.name);
  const { uid = "" } = object.metadata;
  if (uid !== "" && change.meansUid !== true) {
    const reason = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resource.groupResource, request.name, reason);
  }
  delete object.metadata.resourceVersion;
  if (change.recorded !== true) recordFields(context, request, undefined, object);
  if (request.pause !== noPause) await request.pause();
  const attributes = attributesOf(request, "CREATE", object, undefined);
  await admit(context, request, attributes);
  if (request.pause !== noPause) await request.pause();
  const stored = await createNamed(context, request, object, attributes);
  return { type: "done", value: { object: stored, created: true } };
}

async function update(
  context: RegistryContext,
  request: WriteRequest,
  change: Change,
  object: KubeObject,
  existing: StoredObject,
  view: StoredObject,
): Promise<Attempt<Written>> {
  const old = view.object;
  checkRevision(request, object, existing);
  object.metadata.resourceVersion = old.metadata.resourceVersion!;
  if (change.recorded !== true) recordFields(context, request, old, object);
  if (request.pause !== noPause) await request.pause();
  await admit(context, request, attributesOf(request, "UPDATE", object, old));
  if (request.pause !== noPause) await request.pause();
  keepSystemFields(object.metadata, old.metadata);
  prepare(context, request, object, old);
  return withReservations(context, request, "UPDATE", object, old, async (claims) => {
    if (request.pause !== noPause) await request.pause();
    await validateUpdate(context, request, object, old);
    if (request.pause !== noPause) await request.pause();
    // What a subresource leaves as it was is not its writer's to be warned of.
    const warns = request.subresource === "" || request.subresource === "scale";
    if (warns) for (const text of request.resource.definition.strategy.warnings?.(object, old) ?? []) request.warn(text);
    await validateAdmission(context, request, attributesOf(request, "UPDATE", object, old));
    if (request.pause !== noPause) await request.pause();
    const value = await write(context, request, object, existing, view, claims);
    return { written: value.type === "done", value };
  });
}

function prepare(context: RegistryContext, request: WriteRequest, object: KubeObject, old: KubeObject): void {
  const { definition } = request.resource;
  const strategy = strategyContext(context, request);
  // Scale is a write of the object itself, by another shape: its generation grows.
  if (request.subresource === "" || request.subresource === "scale") definition.strategy.prepareForUpdate?.(object, old, strategy);
  else subresourceOf(definition, request.subresource)?.prepareForUpdate(object, old, strategy);
}

async function write(
  context: RegistryContext,
  request: WriteRequest,
  object: KubeObject,
  existing: StoredObject,
  view: StoredObject,
  claims: KeyClaims,
): Promise<Attempt<Written>> {
  const { resource } = request;
  if (sameButForTimes(object, view.object)) {
    const rewrite = (): Promise<Attempt<Written>> =>
      store(context, request, new PendingWrite(resource.codec, existing.key, resource.toStored(copyJson(view.object))), existing);
    return { type: "unchanged", value: { object: view, created: false }, ...(!request.dryRun && { rewrite }) };
  }
  if (request.pause !== noPause) await request.pause();
  if (finished(request, object)) return finish(context, request, object, existing);
  const pending = new PendingWrite(resource.codec, existing.key, resource.toStored(object));
  if (request.dryRun) return { type: "unchanged", value: { object: resource.view(pending.committed(existing.revision)), created: false } };
  const patienceMs = resource.definition.strategy.patienceMs?.(object, view.object) ?? 0;
  return store(context, request, pending, existing, { patienceMs, claims });
}

async function store(
  context: RegistryContext,
  { resource }: WriteRequest,
  pending: PendingWrite,
  existing: StoredObject,
  options: Omit<PutOptions, "lease"> = {},
): Promise<Attempt<Written>> {
  const lease = isLeased(resource) ? await leaseFor(context) : 0;
  const outcome = await put(context, resource, pending, existing.revision, { ...options, lease });
  if (!outcome.done) return { type: "moved", current: outcome.current };
  return { type: "done", value: { object: resource.view(outcome.stored), created: false } };
}

/** The last finalizer has gone from an object that was marked for deletion: it goes too. */
function finished(request: WriteRequest, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false;
  if (Number(deletionGracePeriodSeconds ?? 0) !== 0) return false;
  return request.resource.definition.strategy.finalizing?.(object) !== true;
}

async function finish(context: RegistryContext, request: WriteRequest, object: KubeObject, existing: StoredObject): Promise<Attempt<Written>> {
  const { resource } = request;
  if (request.dryRun) return { type: "unchanged", value: { object, created: false } };
  return withReservations<Attempt<Written>>(context, request, "DELETE", undefined, resource.view(existing).object, async (claims) => {
    const outcome = await remove(context, resource, existing.key, existing.revision, claims);
    if (!outcome.done) return { written: false, value: { type: "moved", current: outcome.current } };
    const gone = new PendingWrite(resource.codec, existing.key, resource.toStored(object)).committed(outcome.revision);
    return { written: true, value: { type: "done", value: { object: resource.view(gone), created: false } } };
  });
}

/** Nothing but the times in managedFields differs: such a write is not made. */
function sameButForTimes(object: KubeObject, old: KubeObject): boolean {
  return sameJson(withoutTimes(object), withoutTimes(old));
}

function withoutTimes(object: KubeObject): unknown {
  const { managedFields, ...metadata } = object.metadata;
  const entries = managedFields?.map(({ time: _time, ...entry }) => entry);
  return { ...object, metadata: { ...metadata, managedFields: entries } };
}

function checkIdentity(request: WriteRequest, object: KubeObject): void {
  takeNamespace(request, object.metadata);
  const { name } = object.metadata;
  if (name === undefined || name === "") {
    throw badRequest(`the name of the object (${request.name} based on URL) was undeterminable: name must be provided`);
  }
  if (name !== request.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
}

function checkUid(request: WriteRequest, key: string, object: KubeObject, old: KubeObject | undefined): void {
  const wanted = object.metadata.uid ?? "";
  const found = old?.metadata.uid ?? "";
  if (wanted === "" || wanted === found) return;
  const problem = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`;
  // The words of etcd3's storage layer, which clients know by heart.
  const reason = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${problem}`;
  throw conflict(request.resource.groupResource, request.name, reason);
}

function checkRevision(request: WriteRequest, object: KubeObject, existing: StoredObject): void {
  const { definition, groupResource } = request.resource;
  const wanted = object.metadata.resourceVersion ?? "";
  if (wanted === "" || wanted === "0") {
    if (definition.strategy.allowUnconditionalUpdate !== false) return;
    // Upstream names the resource where every other Invalid names the kind.
    throw invalid(definition.group, definition.resource, request.name, [fieldError.invalid("metadata.resourceVersion", 0, "must be specified for an update")]);
  }
  if (!/^\d{1,19}$/.test(wanted)) {
    throw invalid(definition.group, definition.kind, request.name, [
      fieldError.invalid("metadata.resourceVersion", wanted, `strconv.ParseUint: parsing ${JSON.stringify(wanted)}: invalid syntax`),
    ]);
  }
  if (wanted !== String(existing.revision)) throw staleVersion(groupResource, request.name);
}
