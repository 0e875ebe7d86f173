import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, int64, intOrString, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { ageColumn, containerColumns, formatLabels, formatSelector, integer, nameColumn, text, wide } from "../../columns.ts";
import { podTemplateSpec } from "../../core/v1/pod-spec.ts";
import { withStrictTemplate } from "../../core/v1/validation/late-rules.ts";
import { defineResource } from "../../resource.ts";
import { daemonSetLife, daemonSetStatusView } from "./daemon-set.strategy.ts";
import { defaultDaemonSet } from "./defaults.ts";
import { templateWarnings } from "./warnings.ts";
import { daemonSetErrors, daemonSetStatusErrors, daemonSetUpdateErrors } from "./workloads.validation.ts";

export const rollingUpdateDaemonSet = message("io.k8s.api.apps.v1.RollingUpdateDaemonSet", "How many pods may be missing or doubled while they are replaced.", {
  maxUnavailable: intOrString(1, "Pods that may be missing at once, as a number or percentage."),
  maxSurge: intOrString(2, "Nodes that may have an old and a new pod at once, as a number or percentage."),
});
export interface RollingUpdateDaemonSet extends Infer<typeof rollingUpdateDaemonSet> {}

export const daemonSetUpdateStrategy = message("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", "How old pods are replaced by new ones.", {
  type: str(1, "RollingUpdate, or OnDelete to wait until somebody deletes the old ones.", { default: "RollingUpdate" }),
  rollingUpdate: obj(2, rollingUpdateDaemonSet, "How many at once."),
});
export interface DaemonSetUpdateStrategy extends Infer<typeof daemonSetUpdateStrategy> {}

export const daemonSetSpec = message("io.k8s.api.apps.v1.DaemonSetSpec", "DaemonSetSpec says which pod runs on every node.", {
  selector: obj(1, labelSelector, "Labels of the pods that are counted; it cannot be changed.", { required: true }),
  template: obj(2, podTemplateSpec, "The pod; its node selector says on which nodes.", { required: true, default: {} }),
  updateStrategy: obj(3, daemonSetUpdateStrategy, "How old pods are replaced by new ones.", { default: {} }),
  minReadySeconds: int32(4, "Seconds a pod must be ready to count as available.", { min: 0 }),
  revisionHistoryLimit: int32(6, "Old revisions to keep for rollbacks.", { default: 10, min: 0 }),
});
export interface DaemonSetSpec extends Infer<typeof daemonSetSpec> {}

export const daemonSetCondition = message("io.k8s.api.apps.v1.DaemonSetCondition", "One aspect of the state of a daemon set.", {
  type: str(1, "Which condition it is.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  lastTransitionTime: time(3, "When the status last changed."),
  reason: str(4, "Why, in one word."),
  message: str(5, "The same for people."),
});
export interface DaemonSetCondition extends Infer<typeof daemonSetCondition> {}

export const daemonSetStatus = message("io.k8s.api.apps.v1.DaemonSetStatus", "DaemonSetStatus tells on how many nodes the pod runs.", {
  currentNumberScheduled: int32(1, "Nodes that run the pod and should.", { required: true, min: 0 }),
  numberMisscheduled: int32(2, "Nodes that run the pod and should not.", { required: true, min: 0 }),
  desiredNumberScheduled: int32(3, "Nodes that should run the pod.", { required: true, min: 0 }),
  numberReady: int32(4, "Nodes whose pod is ready.", { required: true, min: 0 }),
  observedGeneration: int64(5, "Generation that this status is about.", { min: 0 }),
  updatedNumberScheduled: int32(6, "Nodes whose pod is of the newest template.", { min: 0 }),
  numberAvailable: int32(7, "Nodes whose pod has been ready long enough.", { min: 0 }),
  numberUnavailable: int32(8, "Nodes whose pod is missing or not ready long enough.", { min: 0 }),
  collisionCount: int32(9, "Collisions of revision names.", { min: 0 }),
  conditions: list(10, daemonSetCondition, "State of the set.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface DaemonSetStatus extends Infer<typeof daemonSetStatus> {}

export const daemonSet = message("io.k8s.api.apps.v1.DaemonSet", "A DaemonSet runs one pod on every node.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, daemonSetSpec, "Which pod, and how changes roll out.", { present: true, default: {} }),
  status: obj(3, daemonSetStatus, "On how many nodes it runs."),
});
export interface DaemonSet extends Infer<typeof daemonSet> {}

export const daemonSets = defineResource<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  resource: "daemonsets",
  singular: "daemonset",
  shortNames: ["ds"],
  categories: ["all"],
  namespaced: true,
  schema: daemonSet,
  strategy: withStrictTemplate<DaemonSet>(
    {
      warnings: templateWarnings,
      validate: (set, _context, old) => daemonSetErrors(set, old),
      validateUpdate: daemonSetUpdateErrors,
      defaults: defaultDaemonSet,
      ...daemonSetLife,
    },
    "spec.template",
    (object) => object.spec.template,
  ),
  ownColumns: true,
  columns: [
    nameColumn,
    integer("Desired", "Nodes that should run the pod.", (object) => object.status?.desiredNumberScheduled ?? 0),
    integer("Current", "Nodes that run the pod and should.", (object) => object.status?.currentNumberScheduled ?? 0),
    integer("Ready", "Nodes whose pod is ready.", (object) => object.status?.numberReady ?? 0),
    integer("Up-to-date", "Nodes whose pod follows the newest template.", (object) => object.status?.updatedNumberScheduled ?? 0),
    integer("Available", "Nodes whose pod has been ready long enough.", (object) => object.status?.numberAvailable ?? 0),
    text("Node Selector", "Labels of the nodes to run on.", (object) => formatLabels(object.spec.template.spec?.nodeSelector)),
    ageColumn,
    ...containerColumns<DaemonSet>((object) => object.spec.template.spec?.containers),
    wide(text("Selector", "Labels of the pods that are counted.", (object) => formatSelector(object.spec.selector))),
  ],
  status: daemonSetStatusView(daemonSetStatusErrors),
});
