/** POST: creates an object. */
import type { KubeObject } from "../../machinery/object.ts";
import { generateName } from "../../machinery/object-meta.ts";
import { alreadyExists, badRequest, StatusError } from "../../machinery/status.ts";
import type { KeyClaims } from "../contract.ts";
import { recordFields } from "./managed.ts";
import { type RegistryContext, strategyContext, type WriteRequest } from "./requests.ts";
import { PendingWrite, type StoredObject } from "./stored-object.ts";
import { leaseFor } from "./time-to-live.ts";
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
  takeNamespace(request, metadata);
  if ((metadata.resourceVersion ?? "") !== "") throw badRequest("resourceVersion should not be set on objects to be created");
  // What no client may choose is not recorded as its choice.
  dropSystemFields(metadata);
  dropDoubleOwners(request, metadata, "");
  recordFields(context, request, undefined, object);
  await request.pause();
  await admit(context, request, attributesOf(request, "CREATE", object, undefined));
  if ((metadata.name ?? "") !== "" || (metadata.generateName ?? "") === "") return createNamed(context, request, object);
  return createGenerated(context, request, object);
}

async function createGenerated(context: RegistryContext, request: WriteRequest, object: KubeObject): Promise<StoredObject | KubeObject> {
  const base = object.metadata.generateName ?? "";
  for (let tries = 1; ; tries++) {
    object.metadata.name = generateName(base, context.random);
    try {
      return await createNamed(context, request, object);
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

/** From here on also the way of a PUT or apply to a name that does not exist. */
export async function createNamed(context: RegistryContext, request: WriteRequest, object: KubeObject): Promise<StoredObject | KubeObject> {
  const { definition } = request.resource;
  await request.pause();
  fillSystemFields(context, object.metadata);
  definition.strategy.prepareForCreate?.(object, strategyContext(context, request));
  return withReservations(context, request, "CREATE", object, undefined, async (claims) => {
    await request.pause();
    await validateCreate(context, request, object);
    await request.pause();
    for (const text of definition.strategy.warnings?.(object, undefined) ?? []) request.warn(text);
    await validateAdmission(context, request, attributesOf(request, "CREATE", object, undefined));
    await request.pause();
    const value = await store(context, request, object, claims);
    return { written: true, value };
  });
}

async function store(context: RegistryContext, request: WriteRequest, object: KubeObject, claims: KeyClaims): Promise<StoredObject | KubeObject> {
  const { resource } = request;
  const key = resource.key(object.metadata.namespace ?? "", object.metadata.name);
  const exists = () => alreadyExists(resource.groupResource, object.metadata.name);
  if (request.dryRun) {
    await onCurrent(context, resource, key, async (existing) => ({ type: "unchanged", value: existing })).then((existing) => {
      if (existing !== undefined) throw exists();
    });
    return object;
  }
  const write = new PendingWrite(resource.codec, key, resource.toStored(object));
  const outcome = await put(context, resource, write, 0, { lease: await leaseFor(context, resource), claims });
  if (!outcome.done) throw exists();
  return resource.view(outcome.stored);
}
