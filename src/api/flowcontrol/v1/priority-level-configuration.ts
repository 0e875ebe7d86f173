import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { defaultPriorityLevelConfiguration } from "./priority-level-configuration.defaults.ts";
import { priorityLevelConfigurationErrors } from "./validation.ts";

export const exemptPriorityLevelConfiguration = message("io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration", "", {
  nominalConcurrencyShares: int32(1, "", { default: 0 }),
  lendablePercent: int32(2, "", { default: 0 }),
});
export interface ExemptPriorityLevelConfiguration extends Infer<typeof exemptPriorityLevelConfiguration> {}

export const queuingConfiguration = message("io.k8s.api.flowcontrol.v1.QueuingConfiguration", "", {
  queues: int32(1, "", { default: 64 }),
  handSize: int32(2, "", { default: 8 }),
  queueLengthLimit: int32(3, "", { default: 50 }),
});
export interface QueuingConfiguration extends Infer<typeof queuingConfiguration> {}

export const limitResponse = message("io.k8s.api.flowcontrol.v1.LimitResponse", "", {
  type: str(1, "", { required: true }),
  queuing: obj(2, queuingConfiguration, ""),
});
export interface LimitResponse extends Infer<typeof limitResponse> {}

export const limitedPriorityLevelConfiguration = message("io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration", "", {
  nominalConcurrencyShares: int32(1, "", { default: 30 }),
  limitResponse: obj(2, limitResponse, ""),
  lendablePercent: int32(3, "", { default: 0 }),
  borrowingLimitPercent: int32(4, ""),
});
export interface LimitedPriorityLevelConfiguration extends Infer<typeof limitedPriorityLevelConfiguration> {}

export const priorityLevelConfigurationSpec = message("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec", "", {
  type: str(1, "", { required: true }),
  limited: obj(2, limitedPriorityLevelConfiguration, ""),
  exempt: obj(3, exemptPriorityLevelConfiguration, ""),
});
export interface PriorityLevelConfigurationSpec extends Infer<typeof priorityLevelConfigurationSpec> {}

export const priorityLevelConfigurationCondition = message("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition", "", {
  type: str(1, ""),
  status: str(2, ""),
  lastTransitionTime: time(3, ""),
  reason: str(4, ""),
  message: str(5, ""),
});
export interface PriorityLevelConfigurationCondition extends Infer<typeof priorityLevelConfigurationCondition> {}

export const priorityLevelConfigurationStatus = message("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus", "", {
  conditions: list(1, priorityLevelConfigurationCondition, "", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface PriorityLevelConfigurationStatus extends Infer<typeof priorityLevelConfigurationStatus> {}

export const priorityLevelConfiguration = message("io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, priorityLevelConfigurationSpec, "", { present: true, default: {} }),
  status: obj(3, priorityLevelConfigurationStatus, ""),
});
export interface PriorityLevelConfiguration extends Infer<typeof priorityLevelConfiguration> {}

export const priorityLevelConfigurations = defineResource<PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  resource: "prioritylevelconfigurations",
  singular: "prioritylevelconfiguration",
  namespaced: false,
  schema: priorityLevelConfiguration,
  strategy: {
    validate: priorityLevelConfigurationErrors,
    defaults: defaultPriorityLevelConfiguration,
    ...specAndStatus<PriorityLevelConfiguration>(() => ({})),
  },
  columns: [
    text("Type", "Exempt or Limited.", (object) => object.spec.type),
    text("NominalConcurrencyShares", "Share of the server's seats.", (object) => shown(nominalShares(object))),
    text("Queues", "Number of queues.", (object) => shown(object.spec.limited?.limitResponse?.queuing?.queues)),
    text("HandSize", "Queues that a flow is dealt.", (object) => shown(object.spec.limited?.limitResponse?.queuing?.handSize)),
    text("QueueLengthLimit", "Requests that may wait in one queue.", (object) => shown(object.spec.limited?.limitResponse?.queuing?.queueLengthLimit)),
  ],
  status: statusSubresource<PriorityLevelConfiguration>({ meta: "kept" }),
});

function nominalShares(object: PriorityLevelConfiguration): number | undefined {
  return (object.spec.limited ?? object.spec.exempt)?.nominalConcurrencyShares;
}

function shown(value: number | undefined): string {
  return value === undefined ? "<none>" : String(value);
}
