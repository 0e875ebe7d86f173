import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, intOrString, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { ageColumn, containerColumns, nameColumn, selectorText, text } from "../../columns.ts";
import { persistentVolumeClaim } from "../../core/v1/persistent-volume-claim.ts";
import { podTemplateSpec } from "../../core/v1/pod-spec.ts";
import { withStrictTemplate } from "../../core/v1/validation/late-rules.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { defaultStatefulSet } from "./defaults.ts";
import { statefulSetErrors, statefulSetStatusErrors, statefulSetUpdateErrors } from "./stateful-set.validation.ts";
import { statefulSetWarnings } from "./warnings.ts";

export const rollingUpdateStatefulSetStrategy = message(
  "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy",
  "Which pods are replaced, and how many at once.",
  {
    partition: int32(1, "Pods with a lower number stay as they are.", { min: 0 }),
    maxUnavailable: intOrString(2, "Pods that may be missing at once, as a number or percentage."),
  },
);
export interface RollingUpdateStatefulSetStrategy extends Infer<typeof rollingUpdateStatefulSetStrategy> {}

export const statefulSetOrdinals = message("io.k8s.api.apps.v1.StatefulSetOrdinals", "How pods are numbered.", {
  start: int32(1, "Number of the first pod; 0 unless set.", { min: 0 }),
});
export interface StatefulSetOrdinals extends Infer<typeof statefulSetOrdinals> {}

export const statefulSetPersistentVolumeClaimRetentionPolicy = message(
  "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
  "What becomes of claims.",
  {
    whenDeleted: str(1, "Retain or Delete, when the set is deleted.", { default: "Retain" }),
    whenScaled: str(2, "Retain or Delete, when the set shrinks.", { default: "Retain" }),
  },
);
export interface StatefulSetPersistentVolumeClaimRetentionPolicy extends Infer<typeof statefulSetPersistentVolumeClaimRetentionPolicy> {}

export const statefulSetUpdateStrategy = message("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", "How old pods are replaced by new ones.", {
  type: str(1, "RollingUpdate, or OnDelete to wait until somebody deletes the old ones.", { default: "RollingUpdate" }),
  rollingUpdate: obj(2, rollingUpdateStatefulSetStrategy, "Which, and how many at once."),
});
export interface StatefulSetUpdateStrategy extends Infer<typeof statefulSetUpdateStrategy> {}

export const statefulSetSpec = message("io.k8s.api.apps.v1.StatefulSetSpec", "StatefulSetSpec says which pods, how many, and with which volumes.", {
  replicas: int32(1, "Pods that are wanted.", { default: 1, min: 0 }),
  selector: obj(2, labelSelector, "Labels of the pods that are counted; it cannot be changed.", { required: true }),
  template: obj(3, podTemplateSpec, "The pods.", { required: true, default: {} }),
  volumeClaimTemplates: list(4, persistentVolumeClaim, "Claims that every pod gets.", { listType: "atomic" }),
  serviceName: str(5, "Headless service that gives the pods their names."),
  podManagementPolicy: str(6, "OrderedReady starts pods one by one, Parallel all at once.", { default: "OrderedReady" }),
  updateStrategy: obj(7, statefulSetUpdateStrategy, "How old pods are replaced by new ones.", { default: {} }),
  revisionHistoryLimit: int32(8, "Old revisions to keep for rollbacks; all of them if negative.", { default: 10 }),
  minReadySeconds: int32(9, "Seconds a pod must be ready to count as available.", { min: 0 }),
  persistentVolumeClaimRetentionPolicy: obj(10, statefulSetPersistentVolumeClaimRetentionPolicy, "What becomes of the claims when the set shrinks or goes.", {
    default: {},
  }),
  ordinals: obj(11, statefulSetOrdinals, "Numbers of the pods."),
});
export interface StatefulSetSpec extends Infer<typeof statefulSetSpec> {}

export const statefulSetCondition = message("io.k8s.api.apps.v1.StatefulSetCondition", "One aspect of the state of a stateful set.", {
  type: str(1, "Which condition it is.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  lastTransitionTime: time(3, "When the status last changed."),
  reason: str(4, "Why, in one word."),
  message: str(5, "The same for people."),
});
export interface StatefulSetCondition extends Infer<typeof statefulSetCondition> {}

export const statefulSetStatus = message("io.k8s.api.apps.v1.StatefulSetStatus", "How far a stateful set is.", {
  observedGeneration: int64(1, "Generation that this status is about.", { min: 0 }),
  replicas: int32(2, "Pods there are.", { required: true, min: 0 }),
  readyReplicas: int32(3, "Pods that are ready.", { min: 0 }),
  currentReplicas: int32(4, "Pods of the current revision.", { min: 0 }),
  updatedReplicas: int32(5, "Pods of the newest revision.", { min: 0 }),
  currentRevision: str(6, "Revision that pods are replaced from."),
  updateRevision: str(7, "Revision that pods are replaced by."),
  collisionCount: int32(9, "Collisions of names, to find a free one.", { min: 0 }),
  conditions: list(10, statefulSetCondition, "State of the set.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  availableReplicas: int32(11, "Pods that have been ready long enough.", { min: 0 }),
});
export interface StatefulSetStatus extends Infer<typeof statefulSetStatus> {}

export const statefulSet = message("io.k8s.api.apps.v1.StatefulSet", "A StatefulSet runs pods that have names and volumes of their own.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, statefulSetSpec, "Which pods, how many, and with which volumes.", { present: true, default: {} }),
  status: obj(3, statefulSetStatus, "How far they are."),
});
export interface StatefulSet extends Infer<typeof statefulSet> {}

export const statefulSets = defineResource<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  resource: "statefulsets",
  singular: "statefulset",
  shortNames: ["sts"],
  categories: ["all"],
  namespaced: true,
  schema: statefulSet,
  strategy: withStrictTemplate(
    {
      warnings: statefulSetWarnings,
      validate: statefulSetErrors,
      validateUpdate: statefulSetUpdateErrors,
      defaults: defaultStatefulSet,
      ...specAndStatus<StatefulSet>(() => ({ replicas: 0, availableReplicas: 0 })),
    },
    "spec.template",
    (object) => object.spec.template,
  ),
  ownColumns: true,
  columns: [
    nameColumn,
    text("Ready", "Ready pods of those wanted.", (object) => `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`),
    ageColumn,
    ...containerColumns<StatefulSet>((object) => object.spec.template.spec?.containers),
  ],
  status: statusSubresource<StatefulSet>({ validateUpdate: statefulSetStatusErrors }),
  scale: { specReplicas: "spec.replicas", statusReplicas: "status.replicas", selector: (object) => selectorText(object.spec.selector) },
});
