import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { ageColumn, containerColumns, formatSelector, integer, nameColumn, selectorText, text, wide } from "../../columns.ts";
import { podTemplateSpec } from "../../core/v1/pod-spec.ts";
import { withStrictTemplate } from "../../core/v1/validation/late-rules.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { defaultReplicaSet } from "./defaults.ts";
import { namedTemplateWarnings } from "./warnings.ts";
import { replicaSetErrors, replicaSetStatusErrors, replicaSetUpdateErrors } from "./workloads.validation.ts";

export const replicaSetSpec = message("io.k8s.api.apps.v1.ReplicaSetSpec", "ReplicaSetSpec says how many pods of which kind.", {
  replicas: int32(1, "Pods that are wanted.", { default: 1, min: 0 }),
  selector: obj(2, labelSelector, "Labels of the pods that are counted; it cannot be changed.", { required: true }),
  template: obj(3, podTemplateSpec, "The pods.", { default: {} }),
  minReadySeconds: int32(4, "Seconds a pod must be ready to count as available.", { min: 0 }),
});
export interface ReplicaSetSpec extends Infer<typeof replicaSetSpec> {}

export const replicaSetCondition = message("io.k8s.api.apps.v1.ReplicaSetCondition", "One aspect of the state of a ReplicaSet.", {
  type: str(1, "Which condition it is.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  lastTransitionTime: time(3, "When the status last changed."),
  reason: str(4, "Why, in one word."),
  message: str(5, "The same for people."),
});
export interface ReplicaSetCondition extends Infer<typeof replicaSetCondition> {}

export const replicaSetStatus = message("io.k8s.api.apps.v1.ReplicaSetStatus", "ReplicaSetStatus tells how many pods there are.", {
  replicas: int32(1, "Pods that exist.", { required: true, min: 0 }),
  fullyLabeledReplicas: int32(2, "Pods with all labels of the template.", { min: 0 }),
  observedGeneration: int64(3, "Generation that this status is about.", { min: 0 }),
  readyReplicas: int32(4, "Pods that are ready.", { min: 0 }),
  availableReplicas: int32(5, "Pods that have been ready long enough.", { min: 0 }),
  conditions: list(6, replicaSetCondition, "State of the set.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  terminatingReplicas: int32(7, "Pods that are being deleted.", { min: 0 }),
});
export interface ReplicaSetStatus extends Infer<typeof replicaSetStatus> {}

export const replicaSet = message("io.k8s.api.apps.v1.ReplicaSet", "A ReplicaSet keeps a number of equal pods running.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, replicaSetSpec, "How many pods of which kind.", { present: true, default: {} }),
  status: obj(3, replicaSetStatus, "How many there are."),
});
export interface ReplicaSet extends Infer<typeof replicaSet> {}

export const replicaSets = defineResource<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  resource: "replicasets",
  singular: "replicaset",
  shortNames: ["rs"],
  categories: ["all"],
  namespaced: true,
  schema: replicaSet,
  strategy: withStrictTemplate(
    {
      warnings: namedTemplateWarnings,
      validate: replicaSetErrors,
      validateUpdate: replicaSetUpdateErrors,
      defaults: defaultReplicaSet,
      ...specAndStatus<ReplicaSet>(() => ({ replicas: 0 })),
    },
    "spec.template",
    (object) => object.spec.template,
  ),
  ownColumns: true,
  columns: [
    nameColumn,
    integer("Desired", "Pods that are wanted.", (object) => object.spec.replicas ?? 0),
    integer("Current", "Pods that exist.", (object) => object.status?.replicas ?? 0),
    integer("Ready", "Pods that are ready.", (object) => object.status?.readyReplicas ?? 0),
    ageColumn,
    ...containerColumns<ReplicaSet>((object) => object.spec.template?.spec?.containers),
    wide(text("Selector", "Labels of the pods that are counted.", (object) => formatSelector(object.spec.selector))),
  ],
  selectableFields: { "status.replicas": (object) => String(object.status?.replicas ?? 0) },
  status: statusSubresource<ReplicaSet>({ validateUpdate: replicaSetStatusErrors }),
  scale: { specReplicas: "spec.replicas", statusReplicas: "status.replicas", selector: (object) => selectorText(object.spec.selector) },
});
