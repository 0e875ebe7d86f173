import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, intOrString, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { ageColumn, containerColumns, formatSelector, nameColumn, selectorText, text, wide } from "../../columns.ts";
import { podTemplateSpec } from "../../core/v1/pod-spec.ts";
import { withStrictTemplate } from "../../core/v1/validation/late-rules.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, prepareAll, specGeneration, statusSubresource } from "../../strategy.ts";
import { defaultDeployment } from "./defaults.ts";
import { namedTemplateWarnings } from "./warnings.ts";
import { deploymentErrors, deploymentStatusErrors, deploymentUpdateErrors } from "./workloads.validation.ts";

export const rollingUpdateDeployment = message("io.k8s.api.apps.v1.RollingUpdateDeployment", "RollingUpdateDeployment bounds a rolling update.", {
  maxUnavailable: intOrString(1, "Pods that may be missing meanwhile, as a number or percentage."),
  maxSurge: intOrString(2, "Pods that may exist beyond those wanted, as a number or percentage."),
});
export interface RollingUpdateDeployment extends Infer<typeof rollingUpdateDeployment> {}

export const deploymentStrategy = message("io.k8s.api.apps.v1.DeploymentStrategy", "DeploymentStrategy says how old pods are replaced.", {
  type: str(1, "RollingUpdate or Recreate.", { default: "RollingUpdate" }),
  rollingUpdate: obj(2, rollingUpdateDeployment, "Bounds of a rolling update."),
});
export interface DeploymentStrategy extends Infer<typeof deploymentStrategy> {}

export const deploymentSpec = message("io.k8s.api.apps.v1.DeploymentSpec", "DeploymentSpec says which pods, how many, and how changes roll out.", {
  replicas: int32(1, "Pods that are wanted.", { default: 1, min: 0 }),
  selector: obj(2, labelSelector, "Labels of the pods that are counted; it cannot be changed.", { required: true }),
  template: obj(3, podTemplateSpec, "The pods.", { required: true, default: {} }),
  strategy: obj(4, deploymentStrategy, "How old pods are replaced by new ones.", { patch: "retainKeys", default: {} }),
  minReadySeconds: int32(5, "Seconds a pod must be ready to count as available.", { min: 0 }),
  revisionHistoryLimit: int32(6, "Old ReplicaSets to keep for rollbacks.", { default: 10, min: 0 }),
  paused: bool(7, "Whether changes are not rolled out."),
  progressDeadlineSeconds: int32(9, "Seconds without progress after which a rollout has failed.", { default: 600, min: 0 }),
});
export interface DeploymentSpec extends Infer<typeof deploymentSpec> {}

export const deploymentCondition = message("io.k8s.api.apps.v1.DeploymentCondition", "One aspect of the state of a deployment.", {
  type: str(1, "Which condition it is.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  reason: str(4, "Why, in one word."),
  message: str(5, "The same for people."),
  lastUpdateTime: time(6, "When the condition was last written."),
  lastTransitionTime: time(7, "When the status last changed."),
});
export interface DeploymentCondition extends Infer<typeof deploymentCondition> {}

export const deploymentStatus = message("io.k8s.api.apps.v1.DeploymentStatus", "DeploymentStatus tells how far a rollout is.", {
  observedGeneration: int64(1, "Generation that this status is about.", { min: 0 }),
  replicas: int32(2, "Pods that exist.", { min: 0 }),
  updatedReplicas: int32(3, "Pods of the newest template.", { min: 0 }),
  availableReplicas: int32(4, "Pods that have been ready long enough.", { min: 0 }),
  unavailableReplicas: int32(5, "Pods that are still missing.", { min: 0 }),
  conditions: list(6, deploymentCondition, "State of the rollout.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  readyReplicas: int32(7, "Pods that are ready.", { min: 0 }),
  collisionCount: int32(8, "Collisions of ReplicaSet names.", { min: 0 }),
  terminatingReplicas: int32(9, "Pods that are being deleted.", { min: 0 }),
});
export interface DeploymentStatus extends Infer<typeof deploymentStatus> {}

export const deployment = message("io.k8s.api.apps.v1.Deployment", "A Deployment rolls out pods and their changes by way of ReplicaSets.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, deploymentSpec, "Which pods, how many, and how changes roll out.", { present: true, default: {} }),
  status: obj(3, deploymentStatus, "How far the rollout is."),
});
export interface Deployment extends Infer<typeof deployment> {}

export const deployments = defineResource<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  resource: "deployments",
  singular: "deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  namespaced: true,
  schema: deployment,
  strategy: withStrictTemplate(
    {
      warnings: namedTemplateWarnings,
      validate: deploymentErrors,
      validateUpdate: deploymentUpdateErrors,
      defaults: defaultDeployment,
      // Annotations carry over to ReplicaSets, so the controller has to see their changes too.
      ...prepareAll(
        ownedStatus<Deployment>(() => ({})),
        specGeneration<Deployment>((object) => [object.spec, object.metadata.annotations ?? {}]),
      ),
    },
    "spec.template",
    (object) => object.spec.template,
  ),
  ownColumns: true,
  columns: [
    nameColumn,
    text("Ready", "Ready pods of those wanted.", (object) => `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`),
    text("Up-to-date", "Pods of the newest template.", (object) => object.status?.updatedReplicas ?? 0),
    text("Available", "Pods that have been ready long enough.", (object) => object.status?.availableReplicas ?? 0),
    ageColumn,
    ...containerColumns<Deployment>((object) => object.spec.template.spec?.containers),
    wide(text("Selector", "Labels of the pods that are counted.", (object) => formatSelector(object.spec.selector))),
  ],
  status: statusSubresource<Deployment>({ meta: "labels kept", validateUpdate: deploymentStatusErrors }),
  scale: { specReplicas: "spec.replicas", statusReplicas: "status.replicas", selector: (object) => selectorText(object.spec.selector) },
});
