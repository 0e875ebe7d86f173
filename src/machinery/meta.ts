import { any, bool, type Infer, int32, int64, list, map, message, obj, str, time } from "./schema.ts";

export const condition = message("io.k8s.apimachinery.pkg.apis.meta.v1.Condition", "", {
  type: str(1, "", { required: true }),
  status: str(2, "", { required: true }),
  observedGeneration: int64(3, ""),
  lastTransitionTime: time(4, "", { required: true }),
  reason: str(5, "", { required: true }),
  message: str(6, "", { required: true }),
});
export interface Condition extends Infer<typeof condition> {}

export const preconditions = message("io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", "", {
  uid: str(1, ""),
  resourceVersion: str(2, ""),
});
export interface Preconditions extends Infer<typeof preconditions> {}

export const deleteOptions = message("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", "", {
  apiVersion: str(0, "Version of the schema this object is written in."),
  kind: str(0, "Kind of the object."),
  gracePeriodSeconds: int64(1, ""),
  preconditions: obj(2, preconditions, ""),
  orphanDependents: bool(3, ""),
  propagationPolicy: str(4, ""),
  dryRun: list(5, "string", "", { listType: "atomic" }),
  ignoreStoreReadErrorWithClusterBreakingPotential: bool(6, ""),
});
export interface DeleteOptions extends Infer<typeof deleteOptions> {}

export const fieldSelectorRequirement = message("io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement", "", {
  key: str(1, "", { required: true }),
  operator: str(2, "", { required: true }),
  values: list(3, "string", "", { listType: "atomic" }),
});
export interface FieldSelectorRequirement extends Infer<typeof fieldSelectorRequirement> {}

export const labelSelectorRequirement = message("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", "", {
  key: str(1, "", { required: true }),
  operator: str(2, "", { required: true }),
  values: list(3, "string", "", { listType: "atomic" }),
});
export interface LabelSelectorRequirement extends Infer<typeof labelSelectorRequirement> {}

export const labelSelector = message("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", "", {
  matchLabels: map(1, "string", ""),
  matchExpressions: list(2, labelSelectorRequirement, "", { listType: "atomic" }),
});
export interface LabelSelector extends Infer<typeof labelSelector> {}

export const shardInfo = message("io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo", "", {
  selector: str(1, "", { required: true }),
});
export interface ShardInfo extends Infer<typeof shardInfo> {}

export const listMeta = message("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", "", {
  selfLink: str(1, ""),
  resourceVersion: str(2, ""),
  continue: str(3, ""),
  remainingItemCount: int64(4, ""),
  shardInfo: obj(5, shardInfo, ""),
});
export interface ListMeta extends Infer<typeof listMeta> {}

export const managedFieldsEntry = message("io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", "", {
  manager: str(1, ""),
  operation: str(2, ""),
  apiVersion: str(3, ""),
  time: time(4, ""),
  fieldsType: str(6, ""),
  fieldsV1: any(7, ""),
  subresource: str(8, ""),
});
export interface ManagedFieldsEntry extends Infer<typeof managedFieldsEntry> {}

export const ownerReference = message("io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference", "", {
  kind: str(1, "", { required: true }),
  name: str(3, "", { required: true }),
  uid: str(4, "", { required: true }),
  apiVersion: str(5, "", { required: true }),
  controller: bool(6, ""),
  blockOwnerDeletion: bool(7, ""),
});
export interface OwnerReference extends Infer<typeof ownerReference> {}

export const objectMeta = message("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "", {
  name: str(1, "", { present: true }),
  generateName: str(2, ""),
  namespace: str(3, ""),
  selfLink: str(4, ""),
  uid: str(5, "", { present: true }),
  resourceVersion: str(6, ""),
  generation: int64(7, ""),
  creationTimestamp: time(8, ""),
  deletionTimestamp: time(9, ""),
  deletionGracePeriodSeconds: int64(10, ""),
  labels: map(11, "string", ""),
  annotations: map(12, "string", ""),
  ownerReferences: list(13, ownerReference, "", { listType: "map", keys: ["uid"], patch: "merge", mergeKey: "uid" }),
  finalizers: list(14, "string", "", { listType: "set", patch: "merge" }),
  managedFields: list(17, managedFieldsEntry, "", { listType: "atomic" }),
});
export interface ObjectMeta extends Infer<typeof objectMeta> {}

export const statusCause = message("io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", "", {
  reason: str(1, ""),
  message: str(2, ""),
  field: str(3, ""),
});
export interface StatusCause extends Infer<typeof statusCause> {}

export const statusDetails = message("io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", "", {
  name: str(1, ""),
  group: str(2, ""),
  kind: str(3, ""),
  causes: list(4, statusCause, "", { listType: "atomic" }),
  retryAfterSeconds: int32(5, ""),
  uid: str(6, ""),
});
export interface StatusDetails extends Infer<typeof statusDetails> {}

export const status = message("io.k8s.apimachinery.pkg.apis.meta.v1.Status", "", {
  apiVersion: str(0, "Version of the schema this object is written in."),
  kind: str(0, "Kind of the object."),
  metadata: obj(1, listMeta, ""),
  status: str(2, ""),
  message: str(3, ""),
  reason: str(4, ""),
  details: obj(5, statusDetails, ""),
  code: int32(6, ""),
});
export interface Status extends Infer<typeof status> {}
