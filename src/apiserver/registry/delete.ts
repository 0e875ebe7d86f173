/** DELETE of one object and of collections. */

import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { conflict, notFound, type Status, StatusError } from "../../machinery/status.ts";
import { mapConcurrently } from "../concurrency.ts";
import { type DeletionOptions, planDeletion } from "./deletion.ts";
import { type RegistryContext, strategyContext, type WriteRequest } from "./requests.ts";
import { PendingWrite, type StoredObject } from "./stored-object.ts";
import { type Attempt, onCurrent, put, remove } from "./transactions.ts";
import { admit, attributesOf, validateAdmission, withReservations } from "./write-steps.ts";

export interface Deleted {
  /** The object as it is now, or was last. */
  readonly object: StoredObject;
  /** It has gone from the store; otherwise it is marked and waits for its grace or its finalizers. */
  readonly gone: boolean;
}

export async function deleteObject(context: RegistryContext, request: WriteRequest, options: DeletionOptions): Promise<Deleted> {
  const { resource } = request;
  const key = resource.key(request.namespace, request.name);
  return onCurrent(context, resource, key, async (existing): Promise<Attempt<Deleted>> => {
    if (existing === undefined) throw notFound(resource.groupResource, request.name);
    return deleteExisting(context, request, options, existing);
  });
}

/** The wire form of a deletion's answer. */
export function deletionStatus(request: WriteRequest, object: KubeObject): Omit<Status, "code"> {
  const { group, resource } = request.resource.definition;
  const details = { name: request.name, ...(group === "" ? {} : { group }), kind: resource, uid: object.metadata.uid };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}

async function deleteExisting(context: RegistryContext, request: WriteRequest, options: DeletionOptions, existing: StoredObject): Promise<Attempt<Deleted>> {
  const { resource } = request;
  const view = resource.view(existing);
  checkPreconditions(resource.definition, options, view.object);
  const attributes = attributesOf(request, "DELETE", undefined, view.object);
  await admit(context, request, attributes);
  await validateAdmission(context, request, attributes);
  const step = planDeletion(resource.definition, view.object, options, strategyContext(context, request));
  if (step.type === "keep") return { type: "unchanged", value: { object: view, gone: false } };
  if (step.type === "remove") return removeExisting(context, request, existing, view);
  return markExisting(context, request, existing, step.object, step.thenRemove);
}

async function markExisting(
  context: RegistryContext,
  request: WriteRequest,
  existing: StoredObject,
  object: KubeObject,
  thenRemove: boolean,
): Promise<Attempt<Deleted>> {
  const { resource } = request;
  const write = new PendingWrite(resource.codec, existing.key, resource.toStored(object));
  if (request.dryRun) return { type: "unchanged", value: { object: resource.view(write.committed(existing.revision)), gone: thenRemove } };
  const outcome = await put(context, resource, write, existing.revision);
  if (!outcome.done) return { type: "moved", current: outcome.current };
  if (thenRemove) return { type: "done", value: await removeMarked(context, request, outcome.stored) };
  return { type: "done", value: { object: resource.view(outcome.stored), gone: false } };
}

/**
 * The second of the two writes by which an object with a grace of 0 goes: watchers are told of the mark, then of the end.
 * It goes in whatever state it is by then; when somebody else has ended it meanwhile, that is as good.
 */
async function removeMarked(context: RegistryContext, request: WriteRequest, marked: StoredObject): Promise<Deleted> {
  let last = marked;
  for (;;) {
    const attempt = await removeExisting(context, request, last, request.resource.view(last));
    if (attempt.type === "done") return attempt.value;
    const current = attempt.type === "moved" ? attempt.current : undefined;
    if (current === undefined || current.object.metadata.uid !== marked.object.metadata.uid) return { object: request.resource.view(last), gone: true };
    last = current;
  }
}

async function removeExisting(context: RegistryContext, request: WriteRequest, existing: StoredObject, view: StoredObject): Promise<Attempt<Deleted>> {
  const { resource } = request;
  if (request.dryRun) return { type: "unchanged", value: { object: view, gone: true } };
  return withReservations<Attempt<Deleted>>(context, request, "DELETE", undefined, view.object, async (claims) => {
    const outcome = await remove(context, resource, existing.key, existing.revision, claims);
    if (!outcome.done) return { written: false, value: { type: "moved", current: outcome.current } };
    return { written: true, value: { type: "done", value: { object: view.at(outcome.revision), gone: true } } };
  });
}

/** Throws 409. */
export function checkPreconditions(definition: AnyResourceDefinition, { preconditions }: DeletionOptions, object: KubeObject): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const { metadata } = object;
  if (uid !== undefined && uid !== metadata.uid) throw unmet(definition, metadata.name, "UID", uid, metadata.uid);
  if (resourceVersion === undefined || resourceVersion === metadata.resourceVersion) return;
  throw unmet(definition, metadata.name, "ResourceVersion", resourceVersion, metadata.resourceVersion ?? "");
}

function unmet(
  { group, kind, resource, strategy }: AnyResourceDefinition,
  name: string,
  what: "UID" | "ResourceVersion",
  wanted: string,
  found: string,
): StatusError {
  if (strategy.finalizing !== undefined) {
    return conflict({ group, resource }, name, `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`);
  }
  const how = what === "UID" ? "deleted and then recreated" : "modified";
  // Upstream names the kind where every other conflict names the resource.
  const reason = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${how}`;
  return conflict({ group, resource: kind }, name, reason);
}

/** Objects of a collection deleted at the same time. */
const collectionWorkers = 16;

/** Deletes each of them; those that somebody else deletes meanwhile do not count as failures. */
export async function deleteEach(
  context: RegistryContext,
  requestFor: (object: KubeObject) => WriteRequest,
  items: readonly StoredObject[],
  options: DeletionOptions,
): Promise<void> {
  await mapConcurrently(items, collectionWorkers, async (stored) => {
    try {
      await deleteObject(context, requestFor(stored.object), options);
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  });
}
