import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str, time } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { defaultPriorityLevelConfiguration } from "./priority-level-configuration.defaults.ts";
import { priorityLevelConfigurationErrors } from "./validation.ts";

export const exemptPriorityLevelConfiguration = message(
  "io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration",
  "ExemptPriorityLevelConfiguration says what a level without limits lends to others.",
  {
    nominalConcurrencyShares: int32(1, "Share of the server's seats that it counts with; it may use more.", { default: 0 }),
    lendablePercent: int32(2, "Percentage of its seats that others may borrow.", { default: 0 }),
  },
);
export interface ExemptPriorityLevelConfiguration extends Infer<typeof exemptPriorityLevelConfiguration> {}

export const queuingConfiguration = message("io.k8s.api.flowcontrol.v1.QueuingConfiguration", "QueuingConfiguration says how requests wait.", {
  queues: int32(1, "Number of queues; more keep flows better apart.", { default: 64 }),
  handSize: int32(2, "Queues that a flow is dealt, of which the shortest is used.", { default: 8 }),
  queueLengthLimit: int32(3, "Requests that may wait in one queue.", { default: 50 }),
});
export interface QueuingConfiguration extends Infer<typeof queuingConfiguration> {}

export const limitResponse = message("io.k8s.api.flowcontrol.v1.LimitResponse", "LimitResponse says what becomes of requests that find no seat.", {
  type: str(1, "Queue, or Reject.", { required: true, enum: ["Queue", "Reject"], enumCheck: "own" }),
  queuing: obj(2, queuingConfiguration, "How they wait, for the type Queue."),
});
export interface LimitResponse extends Infer<typeof limitResponse> {}

export const limitedPriorityLevelConfiguration = message(
  "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration",
  "LimitedPriorityLevelConfiguration says how many requests of a level run at once.",
  {
    nominalConcurrencyShares: int32(1, "Share of the server's seats; 30 unless set.", { default: 30 }),
    limitResponse: obj(2, limitResponse, "What becomes of requests that find no seat."),
    lendablePercent: int32(3, "Percentage of its seats that others may borrow.", { default: 0 }),
    borrowingLimitPercent: int32(4, "How much it may borrow, as a percentage of its own seats; no limit unless set."),
  },
);
export interface LimitedPriorityLevelConfiguration extends Infer<typeof limitedPriorityLevelConfiguration> {}

export const priorityLevelConfigurationSpec = message(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec",
  "PriorityLevelConfigurationSpec says what limits a level has.",
  {
    type: str(1, "Exempt for none, or Limited.", { required: true, enum: ["Exempt", "Limited"], enumCheck: "own" }),
    limited: obj(2, limitedPriorityLevelConfiguration, "The limits, for the type Limited."),
    exempt: obj(3, exemptPriorityLevelConfiguration, "What it lends, for the type Exempt."),
  },
);
export interface PriorityLevelConfigurationSpec extends Infer<typeof priorityLevelConfigurationSpec> {}

export const priorityLevelConfigurationCondition = message(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition",
  "PriorityLevelConfigurationCondition is one thing that holds of a level.",
  {
    type: str(1, "What it is about."),
    status: str(2, "True, False or Unknown."),
    lastTransitionTime: time(3, "When the status last changed."),
    reason: str(4, "Why, in one word."),
    message: str(5, "Why, for people."),
  },
);
export interface PriorityLevelConfigurationCondition extends Infer<typeof priorityLevelConfigurationCondition> {}

export const priorityLevelConfigurationStatus = message(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus",
  "PriorityLevelConfigurationStatus is the state of a level.",
  {
    conditions: list(1, priorityLevelConfigurationCondition, "What holds of the level.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
  },
);
export interface PriorityLevelConfigurationStatus extends Infer<typeof priorityLevelConfigurationStatus> {}

export const priorityLevelConfiguration = message(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  "A PriorityLevelConfiguration says how many requests of one kind may run at once.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, priorityLevelConfigurationSpec, "Its limits.", { present: true, default: {} }),
    status: obj(3, priorityLevelConfigurationStatus, "The state of the level."),
  },
);
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
