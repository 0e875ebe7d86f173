import { any, bool, type Infer, int32, int64, list, map, message, obj, str, time } from "./schema.ts";

export const condition = message("io.k8s.apimachinery.pkg.apis.meta.v1.Condition", "Condition holds one aspect of the current state of an object.", {
  type: str(1, "Type of the condition, in CamelCase or as domain/CamelCase.", { required: true }),
  status: str(2, "Status of the condition: True, False or Unknown.", { required: true }),
  observedGeneration: int64(3, "The metadata.generation that the condition was set upon; if it is older than the object's, the condition is out of date."),
  lastTransitionTime: time(4, "LastTransitionTime is when status changed last.", { required: true }),
  reason: str(5, "Reason is a word in CamelCase for the last change of status.", { required: true }),
  message: str(6, "Message tells people about the last change of status; may be empty.", { required: true }),
});
export interface Condition extends Infer<typeof condition> {}

export const preconditions = message(
  "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions",
  "Preconditions must hold before an update or deletion is carried out.",
  {
    uid: str(1, "The UID the object must have."),
    resourceVersion: str(2, "The resourceVersion the object must have."),
  },
);
export interface Preconditions extends Infer<typeof preconditions> {}

export const deleteOptions = message("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", "DeleteOptions may be sent as the body of a deletion.", {
  apiVersion: str(0, "Version of the schema this object is written in."),
  kind: str(0, "Kind of the object."),
  gracePeriodSeconds: int64(1, "Seconds until the object is deleted: zero means at once, absence the kind's default."),
  preconditions: obj(2, preconditions, "What must hold before the deletion is carried out; else the answer is 409 Conflict."),
  orphanDependents: bool(3, "Deprecated: use propagationPolicy. Whether dependents are left alone."),
  propagationPolicy: str(4, "Whether and how dependents are collected: Orphan leaves them, Background deletes them afterwards, Foreground before."),
  dryRun: list(5, "string", "With All the request is processed in full, but nothing is stored.", { listType: "atomic" }),
  ignoreStoreReadErrorWithClusterBreakingPotential: bool(
    6,
    "Deletes an object that cannot be read from the store, without regard for finalizers and graceful deletion. This may break the cluster.",
  ),
});
export interface DeleteOptions extends Infer<typeof deleteOptions> {}

export const fieldSelectorRequirement = message(
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement",
  "A field selector requirement relates a field's path, values and an operator.",
  {
    key: str(1, "Path of the field.", { required: true }),
    operator: str(2, "How the field relates to the values: In, NotIn, Exists or DoesNotExist.", { required: true }),
    values: list(3, "string", "The values; none for Exists and DoesNotExist.", { listType: "atomic" }),
  },
);
export interface FieldSelectorRequirement extends Infer<typeof fieldSelectorRequirement> {}

export const labelSelectorRequirement = message(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement",
  "A label selector requirement relates a label's key, values and an operator.",
  {
    key: str(1, "Key of the label.", { required: true }),
    operator: str(2, "How the label relates to the values: In, NotIn, Exists or DoesNotExist.", { required: true }),
    values: list(3, "string", "The values; none for Exists and DoesNotExist, at least one for In and NotIn.", { listType: "atomic" }),
  },
);
export interface LabelSelectorRequirement extends Infer<typeof labelSelectorRequirement> {}

export const labelSelector = message(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
  "A label selector is a query over labels: matchLabels and matchExpressions must all hold. An empty one matches all objects, an absent one none.",
  {
    matchLabels: map(1, "string", "MatchLabels are labels with the very values that objects must have."),
    matchExpressions: list(2, labelSelectorRequirement, "MatchExpressions are requirements that objects must meet.", { listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface LabelSelector extends Infer<typeof labelSelector> {}

export const shardInfo = message(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo",
  "ShardInfo tells which part of a list this is, when the list was asked for in shards.",
  {
    selector: str(1, "The shard selector that this answer was filtered by.", { required: true }),
  },
);
export interface ShardInfo extends Infer<typeof shardInfo> {}

export const listMeta = message("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", "ListMeta describes metadata that lists and other answers have.", {
  selfLink: str(1, "Deprecated: selfLink is not set any more."),
  resourceVersion: str(2, "The revision that the list was read at; watches may start from it. Opaque to clients, but comparable as a decimal integer."),
  continue: str(3, "Token that continues the list, when there is more of it; valid for a few minutes."),
  remainingItemCount: int64(4, "How many objects of the list come after these; absent when not known."),
  shardInfo: obj(5, shardInfo, "Set when the list is one shard of a larger one."),
});
export interface ListMeta extends Infer<typeof listMeta> {}

export const managedFieldsEntry = message(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
  "ManagedFieldsEntry is a manager, its kind of operation, and the fields it owns.",
  {
    manager: str(1, "Manager is the name of the workflow that manages these fields."),
    operation: str(2, "Operation is how the manager came by the fields: Apply or Update."),
    apiVersion: str(3, "APIVersion is the version that the fields are written in."),
    time: time(4, "Time is when the entry was added, or the manager last changed its fields."),
    fieldsType: str(6, "FieldsType is the format of fieldsV1: FieldsV1 is the only one."),
    fieldsV1: any(7, "FieldsV1 holds the fields, in the format named by fieldsType."),
    subresource: str(8, "Subresource is the name of the subresource used to change the object, empty for the object itself."),
  },
);
export interface ManagedFieldsEntry extends Infer<typeof managedFieldsEntry> {}

export const ownerReference = message(
  "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
  "OwnerReference names an object of the same namespace, or of no namespace, that owns this one.",
  {
    kind: str(1, "Kind of the owner.", { required: true }),
    name: str(3, "Name of the owner.", { required: true }),
    uid: str(4, "UID of the owner.", { required: true }),
    apiVersion: str(5, "API version of the owner.", { required: true }),
    controller: bool(6, "If true, this reference points to the managing controller; at most one may."),
    blockOwnerDeletion: bool(7, "If true, and the owner is being deleted in the foreground, it stays until this object is gone."),
  },
  { mapType: "atomic" },
);
export interface OwnerReference extends Infer<typeof ownerReference> {}

export const objectMeta = message(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
  "ObjectMeta is metadata that all persisted objects have, which includes all objects users create.",
  {
    name: str(
      1,
      "Name must be unique within a namespace (within the cluster for objects without one). Required on creation, unless generateName is given; cannot be changed.",
      { present: true },
    ),
    generateName: str(2, "GenerateName is a prefix from which the server makes a unique name, when none is given."),
    namespace: str(3, "Namespace defines the space within which each name must be unique. Empty for kinds that have none; otherwise cannot be changed."),
    selfLink: str(4, "Deprecated: selfLink is not set any more."),
    uid: str(5, "UID is the unique value of this object in time and space, set by the server on creation.", { present: true }),
    resourceVersion: str(6, "An opaque value for the revision of this object, for optimistic concurrency, change detection and watches."),
    generation: int64(7, "A number that grows with each change of the desired state. Set by the server."),
    creationTimestamp: time(
      8,
      "CreationTimestamp is a timestamp representing the server time when this object was created. Set by the server, in RFC 3339 and UTC.",
    ),
    deletionTimestamp: time(
      9,
      "DeletionTimestamp is the time at which this object will be deleted. Set by the server when graceful deletion is asked for; the object goes when its finalizers are gone too.",
    ),
    deletionGracePeriodSeconds: int64(
      10,
      "Seconds the object may take to end before it is removed. Set together with deletionTimestamp; may only be shortened.",
    ),
    labels: map(11, "string", "Labels are keys and values by which objects are organised and selected."),
    annotations: map(12, "string", "Annotations are keys and values that tools keep with an object; they cannot be selected by."),
    ownerReferences: list(13, ownerReference, "Objects that this one depends on. When all of them are deleted, this object is garbage collected.", {
      listType: "map",
      keys: ["uid"],
      patch: "merge",
      mergeKey: "uid",
    }),
    finalizers: list(
      14,
      "string",
      "Finalizers must all be removed, each by the component responsible, before the object goes. They may be processed in any order.",
      { listType: "set", patch: "merge" },
    ),
    managedFields: list(
      17,
      managedFieldsEntry,
      "ManagedFields tells which workflow manages which fields. Kept by the server for server-side apply; users need not set it.",
      { listType: "atomic" },
    ),
  },
);
export interface ObjectMeta extends Infer<typeof objectMeta> {}

export const statusCause = message("io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", "StatusCause tells more about one reason of a failure.", {
  reason: str(1, "A word for the cause of the failure."),
  message: str(2, "What went wrong, for people."),
  field: str(3, "The field at fault, as a path such as spec.containers[0].name."),
});
export interface StatusCause extends Infer<typeof statusCause> {}

export const statusDetails = message("io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", "StatusDetails holds what a client may need to handle a failure.", {
  name: str(1, "Name of the object concerned."),
  group: str(2, "Group of the object concerned."),
  kind: str(3, "Kind of the object concerned; on some answers the resource."),
  causes: list(4, statusCause, "More about each reason of the failure.", { listType: "atomic" }),
  retryAfterSeconds: int32(5, "Seconds to wait before the call is repeated."),
  uid: str(6, "UID of the object concerned."),
});
export interface StatusDetails extends Infer<typeof statusDetails> {}

export const status = message("io.k8s.apimachinery.pkg.apis.meta.v1.Status", "Status is the answer of calls that return no other object, failures above all.", {
  apiVersion: str(0, "Version of the schema this object is written in."),
  kind: str(0, "Kind of the object."),
  metadata: obj(1, listMeta, "Standard list metadata."),
  status: str(2, "Success or Failure."),
  message: str(3, "What happened, for people."),
  reason: str(4, "A word for why the operation failed; clients decide by it."),
  details: obj(5, statusDetails, "More about the failure, by reason."),
  code: int32(6, "The suggested HTTP status code, 0 if none."),
});
export interface Status extends Infer<typeof status> {}
