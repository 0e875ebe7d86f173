import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, list, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { namedTemplateWarnings } from "../../apps/v1/warnings.ts";
import { ageColumn, containerColumns, formatLabels, integer, nameColumn, selectorText, text, wide } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { podTemplateSpec } from "./pod-spec.ts";
import { defaultReplicationController } from "./replication-controller.defaults.ts";
import { replicationControllerErrors, replicationControllerStatusErrors } from "./replication-controller.validation.ts";
import { withStrictTemplate } from "./validation/late-rules.ts";

export const replicationControllerSpec = message(
  "io.k8s.api.core.v1.ReplicationControllerSpec",
  "ReplicationControllerSpec says how many pods of which kind.",
  {
    replicas: int32(1, "Pods that are wanted.", { default: 1, min: 0 }),
    selector: map(2, "string", "Labels of the pods that are counted; those of the template unless set.", { mapType: "atomic" }),
    template: obj(3, podTemplateSpec, "The pods."),
    minReadySeconds: int32(4, "Seconds a pod must be ready to count as available.", { min: 0 }),
  },
);
export interface ReplicationControllerSpec extends Infer<typeof replicationControllerSpec> {}

export const replicationControllerCondition = message(
  "io.k8s.api.core.v1.ReplicationControllerCondition",
  "One aspect of the state of a replication controller.",
  {
    type: str(1, "Which condition it is.", { required: true }),
    status: str(2, "True, False or Unknown.", { required: true }),
    lastTransitionTime: time(3, "When the status last changed."),
    reason: str(4, "Why, in one word."),
    message: str(5, "The same for people."),
  },
);
export interface ReplicationControllerCondition extends Infer<typeof replicationControllerCondition> {}

export const replicationControllerStatus = message(
  "io.k8s.api.core.v1.ReplicationControllerStatus",
  "ReplicationControllerStatus tells how many pods there are.",
  {
    replicas: int32(1, "Pods that exist.", { required: true }),
    fullyLabeledReplicas: int32(2, "Pods with all labels of the template."),
    observedGeneration: int64(3, "Generation that this status is about."),
    readyReplicas: int32(4, "Pods that are ready."),
    availableReplicas: int32(5, "Pods that have been ready long enough."),
    conditions: list(6, replicationControllerCondition, "State of the controller.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  },
);
export interface ReplicationControllerStatus extends Infer<typeof replicationControllerStatus> {}

export const replicationController = message(
  "io.k8s.api.core.v1.ReplicationController",
  "A ReplicationController keeps a number of equal pods running; ReplicaSet is its successor.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, replicationControllerSpec, "How many pods of which kind.", { present: true, default: {} }),
    status: obj(3, replicationControllerStatus, "How many there are."),
  },
);
export interface ReplicationController extends Infer<typeof replicationController> {}

export const replicationControllers = defineResource<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  resource: "replicationcontrollers",
  singular: "replicationcontroller",
  shortNames: ["rc"],
  categories: ["all"],
  namespaced: true,
  schema: replicationController,
  strategy: withStrictTemplate(
    {
      warnings: namedTemplateWarnings,
      validate: replicationControllerErrors,
      ...specAndStatus<ReplicationController>(() => ({ replicas: 0 })),
      defaults: defaultReplicationController,
      defaultPropagation: "Orphan",
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
    ...containerColumns<ReplicationController>((object) => object.spec.template?.spec?.containers),
    wide(text("Selector", "Labels of the pods that are counted.", (object) => formatLabels(object.spec.selector))),
  ],
  selectableFields: { "status.replicas": (object) => String(object.status?.replicas ?? 0) },
  status: statusSubresource<ReplicationController>({ validateUpdate: replicationControllerStatusErrors }),
  scale: {
    specReplicas: "spec.replicas",
    statusReplicas: "status.replicas",
    selector: (object) => selectorText({ matchLabels: object.spec.selector ?? {} }),
  },
});
