/** Parameters of REST operations, in the form that both OpenAPI versions are rendered from. */

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly type: "string" | "boolean" | "integer";
  readonly doc: string;
}

function query(type: Parameter["type"], name: string, doc: string): Parameter {
  return { name, in: "query", type, doc };
}

const continueToken = query("string", "continue", "Continues a list from where the answer before, which held this token, ended.");
const fieldSelector = query("string", "fieldSelector", "Restricts the answer to objects with these field values.");
const labelSelector = query("string", "labelSelector", "Restricts the answer to objects with these labels.");
const limit = query("integer", "limit", "The most objects to answer with; if there are more, metadata.continue is set.");
const resourceVersion = query("string", "resourceVersion", "How fresh the answer must be; with watch, the revision to start after.");
const resourceVersionMatch = query("string", "resourceVersionMatch", "How resourceVersion is applied to a list: Exact or NotOlderThan.");
const sendInitialEvents = query("boolean", "sendInitialEvents", "Starts a watch with events for all objects that exist, followed by a bookmark.");
const timeoutSeconds = query("integer", "timeoutSeconds", "Ends the call after this time.");
const watch = query("boolean", "watch", "Answers with a stream of changes instead of a list.");
const allowWatchBookmarks = query("boolean", "allowWatchBookmarks", "Asks for BOOKMARK events, which tell the current revision from time to time.");

const dryRun = query("string", "dryRun", "With All the request is processed in full, but nothing is stored.");
const fieldManager = query("string", "fieldManager", "Name of the program or person that makes the change, for managedFields. Required for apply patches.");
const fieldValidation = query("string", "fieldValidation", "What to do with unknown and duplicate fields: Ignore, Warn (the default) or Strict.");
const force = query("boolean", "force", "Takes over fields that others manage. Only for apply patches.");
const gracePeriodSeconds = query("integer", "gracePeriodSeconds", "Time to end in; zero means at once, absence the kind's default.");
const ignoreStoreReadError = query(
  "boolean",
  "ignoreStoreReadErrorWithClusterBreakingPotential",
  "Deletes an object even if it cannot be read from the store, without regard for finalizers.",
);
const orphanDependents = query("boolean", "orphanDependents", "Deprecated: use propagationPolicy.");
const propagationPolicy = query("string", "propagationPolicy", "What becomes of dependents: Orphan, Background or Foreground.");

export const prettyParameter = query("string", "pretty", "If true, the answer is indented.");
export const nameParameter = (kind: string): Parameter => ({ name: "name", in: "path", type: "string", doc: `name of the ${kind}` });
export const namespaceParameter: Parameter = {
  name: "namespace",
  in: "path",
  type: "string",
  doc: "object name and auth scope, such as for teams and projects",
};

export const listParameters: readonly Parameter[] = [
  allowWatchBookmarks,
  continueToken,
  fieldSelector,
  labelSelector,
  limit,
  resourceVersion,
  resourceVersionMatch,
  sendInitialEvents,
  timeoutSeconds,
  watch,
];
export const writeParameters: readonly Parameter[] = [dryRun, fieldManager, fieldValidation];
export const patchParameters: readonly Parameter[] = [...writeParameters, force];
export const deleteParameters: readonly Parameter[] = [dryRun, gracePeriodSeconds, ignoreStoreReadError, orphanDependents, propagationPolicy];
export const deleteCollectionParameters: readonly Parameter[] = [
  continueToken,
  dryRun,
  fieldSelector,
  gracePeriodSeconds,
  ignoreStoreReadError,
  labelSelector,
  limit,
  orphanDependents,
  propagationPolicy,
  resourceVersion,
  resourceVersionMatch,
  sendInitialEvents,
  timeoutSeconds,
];
