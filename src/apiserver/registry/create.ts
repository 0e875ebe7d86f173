/** POST: creates an object. */
import type { KubeObject } from "../../machinery/object.ts";
import { generateName } from "../../machinery/object-meta.ts";
import { alreadyExists, badRequest, StatusError } from "../../machinery/status.ts";
import type { AdmissionAttributes, KeyClaims } from "../contract.ts";
import { recordFields } from "./managed.ts";
import { noPause } from "./pause.ts";
import { type RegistryContext, strategyContext, type WriteRequest } from "./requests.ts";
import { PendingWrite, type StoredObject } from "./stored-object.ts";
import { isLeased, leaseFor } from "./time-to-live.ts";
import { onCurrent, put } from "./transactions.ts";
import {
  admit,
  attributesOf,
  dropDoubleOwners,
  dropSystemFields,
  fillSystemFields,
  takeNamespace,
  validateAdmission,
  validateCreate,
  withReservations,
} from "./write-steps.ts";

/** Names tried for one generateName before giving up. */
const maxGeneratedNames = 8;

/** `object` is the caller's own copy, decoded and defaulted. A dry run answers an object without resourceVersion. */
export async function createObject(context: RegistryContext, request: WriteRequest, object: KubeObject): Promise<StoredObject | KubeObject> {
  const { metadata } = object;
  const { pause } = request;
  takeNamespace(request, metadata);
  if ((metadata.resourceVersion ?? "") !== "") throw badRequest("resourceVersion should not be set on objects to be created");
  // What no client may choose is not recorded as its choice.
  dropSystemFields(metadata);
  dropDoubleOwners(request, metadata, "");
  recordFields(context, request, undefined, object);
  const attributes = attributesOf(request, "CREATE", object, undefined);
  if (pause !== noPause) await pause();
  const admitting = admit(context, request, attributes);
  if (admitting !== undefined) await admitting;
  if (pause !== noPause) await pause();
  if ((metadata.name ?? "") !== "" || (metadata.generateName ?? "") === "") return await createNamed(context, request, object, attributes);
  return await createGenerated(context, request, object, attributes);
}

async function createGenerated(
  context: RegistryContext,
  request: WriteRequest,
  object: KubeObject,
  attributes: AdmissionAttributes,
): Promise<StoredObject | KubeObject> {
  const base = object.metadata.generateName ?? "";
  for (let tries = 1; ; tries++) {
    object.metadata.name = generateName(base, context.random);
    try {
      return await createNamed(context, request, object, attributes);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
      if (tries === maxGeneratedNames) throw noUniqueName(request, object.metadata.name);
    }
  }
}

function noUniqueName(request: WriteRequest, name: string): StatusError {
  const { message, details } = alreadyExists(request.resource.groupResource, name).status;
  return new StatusError({
    code: 409,
    reason: "AlreadyExists",
    message: `${message}, the server was not able to generate a unique name for the object`,
    details: { ...details, retryAfterSeconds: 1 },
  });
}

/** From here on also the way of a PUT or apply to a name that does not exist. `attributes` are those that were admitted. */
export function createNamed(
  context: RegistryContext,
  request: WriteRequest,
  object: KubeObject,
  attributes: AdmissionAttributes,
): Promise<StoredObject | KubeObject> {
  const { strategy } = request.resource.definition;
  const { pause } = request;
  const about = strategyContext(context, request);
  fillSystemFields(context, object.metadata);
  strategy.prepareForCreate?.(object, about);
  return withReservations(context, request, "CREATE", object, undefined, async (claims) => {
    if (pause !== noPause) await pause();
    await validateCreate(request, object, about);
    if (pause !== noPause) await pause();
    for (const text of strategy.warnings?.(object, undefined) ?? []) request.warn(text);
    const validating = validateAdmission(context, request, named(request, attributes, object));
    if (validating !== undefined) await validating;
    if (pause !== noPause) await pause();
    return { written: true, value: await store(context, request, object, claims) };
  });
}

/** A name that was generated, or given by a plugin, was not there when the object was admitted. */
function named(request: WriteRequest, attributes: AdmissionAttributes, { metadata: { name } }: KubeObject): AdmissionAttributes {
  return request.name !== "" || attributes.name === name ? attributes : { ...attributes, name };
}

async function store(context: RegistryContext, request: WriteRequest, object: KubeObject, claims: KeyClaims): Promise<StoredObject | KubeObject> {
  const { resource } = request;
  const key = resource.key(object.metadata.namespace ?? "", object.metadata.name);
  if (request.dryRun) {
    const existing = await onCurrent(context, resource, key, async (found) => ({ type: "unchanged", value: found }));
    if (existing !== undefined) throw alreadyExists(resource.groupResource, object.metadata.name);
    return object;
  }
  const write = new PendingWrite(resource.codec, key, resource.toStored(object));
  const lease = isLeased(resource) ? await leaseFor(context) : 0;
  const outcome = await put(context, resource, write, 0, { lease, claims });
  if (!outcome.done) throw alreadyExists(resource.groupResource, object.metadata.name);
  return resource.view(outcome.stored);
}
