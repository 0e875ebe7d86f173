/** DELETE of one object and of collections. */

import type { GroupVersionKind, KubeObject } from "../../machinery/object.ts";
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
  if (request.dryRun) return { type: "unchanged", value: { object: resource.view(write.committed(existing.revision)), gone: false } };
  // Watchers see the mark before the end, as they do in Kubernetes, only where the object was not to be kept at all.
  if (thenRemove) return removeExisting(context, request, existing, resource.view(existing), write);
  const outcome = await put(context, resource, write, existing.revision);
  if (!outcome.done) return { type: "moved", current: outcome.current };
  return { type: "done", value: { object: resource.view(outcome.stored), gone: false } };
}

/** `marked` is what the answer shows, where the mark of deletion is not stored first. */
async function removeExisting(
  context: RegistryContext,
  request: WriteRequest,
  existing: StoredObject,
  view: StoredObject,
  marked?: PendingWrite,
): Promise<Attempt<Deleted>> {
  const { resource } = request;
  if (request.dryRun) return { type: "unchanged", value: { object: view, gone: true } };
  return withReservations<Attempt<Deleted>>(context, request, "DELETE", undefined, view.object, async (claims) => {
    const outcome = await remove(context, resource, existing.key, existing.revision, claims);
    if (!outcome.done) return { written: false, value: { type: "moved", current: outcome.current } };
    const last = marked === undefined ? view.at(outcome.revision) : resource.view(marked.committed(outcome.revision));
    return { written: true, value: { type: "done", value: { object: last, gone: true } } };
  });
}

/** Throws 409. */
export function checkPreconditions(definition: GroupVersionKind, { preconditions }: DeletionOptions, object: KubeObject): void {
  if (preconditions === undefined) return;
  const fail = (what: string, wanted: string, found: string, how: string) =>
    conflict(
      // Upstream names the kind where every other conflict names the resource.
      { group: definition.group, resource: definition.kind },
      object.metadata.name,
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${how}`,
    );
  const { uid, resourceVersion } = preconditions;
  if (uid !== undefined && uid !== object.metadata.uid) throw fail("UID", uid, object.metadata.uid, "deleted and then recreated");
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) {
    throw fail("ResourceVersion", resourceVersion, object.metadata.resourceVersion ?? "", "modified");
  }
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
