/** Steps that creating, updating and patching have in common. */
import type { AnyResourceDefinition, StrategyContext } from "../../api/resource.ts";
import { joined, none } from "../../machinery/joined.ts";
import type { ObjectMeta, OwnerReference } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { unqualifiedFinalizers, validateObjectMeta, validateObjectMetaUpdate } from "../../machinery/object-meta.ts";
import { schemaErrors } from "../../machinery/schema-validate.ts";
import { badRequest, type FieldError, internalError, invalid } from "../../machinery/status.ts";
import type { AdmissionAttributes, AdmissionOperation, KeyClaims, Reservation, WriteHook } from "../contract.ts";
import { newUid } from "./identity.ts";
import { noPause } from "./pause.ts";
import { type RegistryContext, strategyContext, timestamp, type WriteRequest } from "./requests.ts";
import { ContestedKeysError, noClaims } from "./transactions.ts";

export function attributesOf(
  request: WriteRequest,
  operation: AdmissionOperation,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): AdmissionAttributes {
  return {
    operation,
    definition: request.resource.definition,
    subresource: request.subresource,
    namespace: request.namespace,
    name: request.name !== "" ? request.name : (object?.metadata.name ?? ""),
    object,
    oldObject,
    user: request.user,
    dryRun: request.dryRun,
    options: request.options,
    warn: request.warn,
    annotate: request.annotate,
  };
}

/** A promise only where a plugin had to wait. */
export function admit(context: RegistryContext, request: WriteRequest, attributes: AdmissionAttributes): Promise<void> | undefined {
  const waiting = request.admitted ? context.admission.admit(attributes) : undefined;
  if (waiting !== undefined) return waiting.then(() => dropAdmittedDoubles(request, attributes));
  dropAdmittedDoubles(request, attributes);
  return undefined;
}

function dropAdmittedDoubles(request: WriteRequest, { object }: AdmissionAttributes): void {
  if (object?.metadata !== undefined) dropDoubleOwners(request, object.metadata, " after mutating admission happens");
}

/** `when` tells whose they are: the client's, or (with patches, always) what came out of admission. */
export function dropDoubleOwners(request: WriteRequest, metadata: ObjectMeta, when: string): void {
  if (metadata.ownerReferences !== undefined) metadata.ownerReferences = withoutDuplicates(metadata.ownerReferences, request, when);
}

/** A promise only where a plugin had to wait. */
export function validateAdmission(context: RegistryContext, request: WriteRequest, attributes: AdmissionAttributes): Promise<void> | undefined {
  return request.admitted ? context.admission.validate(attributes) : undefined;
}

function withoutDuplicates(owners: OwnerReference[], request: WriteRequest, when: string): OwnerReference[] {
  const seen = new Set<string>();
  const kept = owners.filter((owner) => {
    const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
    const all = JSON.stringify([apiVersion, kind, name, uid, controller, blockOwnerDeletion]);
    return !seen.has(all) && seen.add(all);
  });
  if (kept.length < owners.length) {
    request.warn(
      `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24`,
    );
  }
  return kept;
}

/** The namespace of the request wins over none; another one is an error. */
export function takeNamespace(request: WriteRequest, metadata: ObjectMeta): void {
  const { definition } = request.resource;
  checkNamespace(metadata, definition, request.namespace);
  if (definition.namespaced) metadata.namespace = request.namespace;
  else if (metadata.namespace !== undefined) delete metadata.namespace;
}

export function checkNamespace({ namespace }: ObjectMeta, { namespaced }: AnyResourceDefinition, requested: string): void {
  if (!namespaced || namespace === undefined || namespace === "" || namespace === requested) return;
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

/** What no client may choose, as it came with a new object. (To delete what is not there is not free.) */
export function dropSystemFields(metadata: ObjectMeta): void {
  if (metadata.deletionTimestamp !== undefined) delete metadata.deletionTimestamp;
  if (metadata.deletionGracePeriodSeconds !== undefined) delete metadata.deletionGracePeriodSeconds;
  if (metadata.selfLink !== undefined) delete metadata.selfLink;
}

export function fillSystemFields(context: RegistryContext, metadata: ObjectMeta): void {
  dropSystemFields(metadata);
  // Strategies may count on a name; that it is empty is found by validation.
  metadata.name ??= "";
  metadata.uid = newUid(context.random);
  metadata.creationTimestamp = timestamp(context.clock.now());
}

/** What an update cannot change comes from the old object, and what it need not repeat. */
export function keepSystemFields(metadata: ObjectMeta, old: ObjectMeta): void {
  copyField(metadata, old, "generation");
  copyField(metadata, old, "creationTimestamp");
  delete metadata.selfLink;
  if (metadata.uid === undefined || metadata.uid === "") metadata.uid = old.uid;
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined && metadata.deletionGracePeriodSeconds === undefined) {
    metadata.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  }
}

function copyField<K extends keyof ObjectMeta>(metadata: ObjectMeta, old: ObjectMeta, field: K): void {
  if (old[field] === undefined) delete metadata[field];
  else metadata[field] = old[field];
}

/** Throws Invalid with every error there is. */
export async function validateCreate({ resource, pause }: WriteRequest, object: KubeObject, about: StrategyContext): Promise<void> {
  const { definition } = resource;
  const { strategy } = definition;
  const objects = objectErrors(definition, object);
  if (pause !== noPause) await pause();
  const own = strategy.validate?.(object, about) ?? none;
  if (pause !== noPause) await pause();
  throwInvalid(definition, object, joined(objects, own, strategy.validateCreate?.(object, about) ?? none));
}

export async function validateUpdate(context: RegistryContext, request: WriteRequest, object: KubeObject, old: KubeObject): Promise<void> {
  const { definition } = request.resource;
  const about = strategyContext(context, request);
  const objects = joined(validateObjectMetaUpdate(object.metadata, old.metadata), objectErrors(definition, object, old));
  if (request.pause !== noPause) await request.pause();
  const own = definition.strategy.validate?.(object, about, old) ?? [];
  if (request.pause !== noPause) await request.pause();
  const errors = objects.concat(own).filter((error) => !isInherited(request, error));
  throwInvalid(definition, object, errors.concat(updateErrors(request, object, old, about)));
}

/** A writer of the status has no part in a spec that was stored under other rules. */
function isInherited({ subresource }: WriteRequest, { field }: FieldError): boolean {
  return subresource === "status" && (field === "spec" || field.startsWith("spec."));
}

function updateErrors(request: WriteRequest, object: KubeObject, old: KubeObject, strategy: ReturnType<typeof strategyContext>): readonly FieldError[] {
  const { definition } = request.resource;
  if (request.subresource === "") return definition.strategy.validateUpdate?.(object, old, strategy) ?? [];
  return subresourceOf(definition, request.subresource)?.validateUpdate?.(object, old, strategy) ?? [];
}

export function subresourceOf(definition: AnyResourceDefinition, name: string) {
  const { status, subresources = {} } = definition;
  if (name === "status") return status;
  return Object.hasOwn(subresources, name) ? subresources[name] : undefined;
}

function objectErrors(definition: AnyResourceDefinition, object: KubeObject, old?: KubeObject): readonly FieldError[] {
  const metadata = old === undefined ? validateObjectMeta(object.metadata, definition.namespaced, definition.strategy.validateName) : none;
  const finalizers = definition.strategy.anyFinalizer === true ? none : unqualifiedFinalizers(object.metadata.finalizers, "metadata.finalizers");
  return joined(metadata, finalizers, schemaErrors(definition.schema, object, old));
}

function throwInvalid(definition: AnyResourceDefinition, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(definition.group, definition.kind, object.metadata.name ?? "", unique(errors));
}

const manyErrors = 5000;

/** A rule may be found broken both by the schema and by the kind's own code. */
function unique(errors: readonly FieldError[]): readonly FieldError[] {
  const seen = new Set<string>();
  // Of so many not all are told, so that equals among them do not matter.
  if (errors.length > manyErrors) return errors;
  return errors.filter((error) => {
    const key = `${error.type} ${error.field} ${error.detail}`;
    return !seen.has(key) && seen.add(key);
  });
}

interface Outcome<T> {
  readonly written: boolean;
  readonly value: T;
}

/** Runs the write with what the hooks reserve for it; everything is given back if it does not happen. */
export function withReservations<T>(
  context: RegistryContext,
  request: WriteRequest,
  operation: "CREATE" | "UPDATE" | "DELETE",
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  write: (claims: KeyClaims) => Promise<Outcome<T>>,
): Promise<T> {
  const hooks = hooksOf(context, request.resource.definition);
  if (hooks.length === 0) return write(noClaims).then(valueIn);
  return withHooks(hooks, request.dryRun, (hook) => hook.prepare(operation, object, old, request.dryRun), write);
}

const noHooks: readonly WriteHook[] = [];

/** Only few kinds have any. */
function hooksOf({ hooks }: RegistryContext, definition: AnyResourceDefinition): readonly WriteHook[] {
  const isOfKind = (hook: WriteHook) => hook.definition === definition;
  return hooks.some(isOfKind) ? hooks.filter(isOfKind) : noHooks;
}

function valueIn<T>({ value }: Outcome<T>): T {
  return value;
}

async function withHooks<T>(
  hooks: readonly WriteHook[],
  dryRun: boolean,
  prepare: (hook: WriteHook) => Promise<Reservation>,
  write: (claims: KeyClaims) => Promise<Outcome<T>>,
): Promise<T> {
  const reservations: Reservation[] = [];
  let written = false;
  try {
    for (const hook of hooks) reservations.push(await prepare(hook));
    const result = await contend(reservations, write);
    written = result.written && !dryRun;
    return result.value;
  } finally {
    for (const reservation of reservations) {
      if (written) await reservation.commit();
      else await reservation.rollback();
    }
  }
}

/** Times that others may be faster at what a hook has chosen. */
const maxContests = 50;

/** Tries again with other claims while the ones chosen turn out to be somebody else's. */
async function contend<T>(reservations: readonly Reservation[], write: (claims: KeyClaims) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  let claims = reservations.map((reservation) => reservation.claims ?? noClaims);
  for (let tries = 1; ; tries++) {
    try {
      return await write({ take: claims.flatMap(({ take }) => take), give: claims.flatMap(({ give }) => give) });
    } catch (error) {
      if (!(error instanceof ContestedKeysError)) throw error;
      if (tries === maxContests) throw internalError(error.message);
      claims = await Promise.all(reservations.map((reservation, index) => reservation.contested?.(error.keys) ?? claims[index] ?? noClaims));
    }
  }
}
