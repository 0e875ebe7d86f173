import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { exactGeneration } from "../../strategy.ts";
import { matchCondition, webhookFields } from "./common.ts";
import { newWebhookConfigurationErrors, webhookConfigurationUpdateErrors } from "./webhook.validation.ts";

export const mutatingWebhook = message(
  "io.k8s.api.admissionregistration.v1.MutatingWebhook",
  "MutatingWebhook is a service that may change objects as they are written.",
  {
    ...webhookFields,
    reinvocationPolicy: str(10, "Never, or IfNeeded to call it again after others changed the object.", {
      default: "Never",
      enum: ["IfNeeded", "Never"],
      enumCheck: "strict",
    }),
    objectSelector: obj(11, labelSelector, "Labels of the objects, before or after the change.", { default: {} }),
    matchConditions: list(12, matchCondition, "Further conditions of the requests; all must hold.", {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      mergeKey: "name",
    }),
  },
);
export interface MutatingWebhook extends Infer<typeof mutatingWebhook> {}

export const mutatingWebhookConfiguration = message(
  "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  "A MutatingWebhookConfiguration lists services that may change objects as they are written.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    webhooks: list(2, mutatingWebhook, "The webhooks, called in order of their names.", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  },
);
export interface MutatingWebhookConfiguration extends Infer<typeof mutatingWebhookConfiguration> {}

export const mutatingWebhookConfigurations = defineResource<MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  resource: "mutatingwebhookconfigurations",
  singular: "mutatingwebhookconfiguration",
  categories: ["api-extensions"],
  namespaced: false,
  schema: mutatingWebhookConfiguration,
  strategy: {
    anyFinalizer: true,
    validateCreate: newWebhookConfigurationErrors,
    validateUpdate: webhookConfigurationUpdateErrors,
    ...exactGeneration<MutatingWebhookConfiguration>("webhooks"),
    allowUnconditionalUpdate: false,
  },
  columns: [integer("Webhooks", "Number of webhooks.", (object) => object.webhooks?.length ?? 0)],
});
