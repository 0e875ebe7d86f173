import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { exactGeneration } from "../../strategy.ts";
import { matchCondition, webhookFields } from "./common.ts";
import { newWebhookConfigurationErrors, webhookConfigurationUpdateErrors } from "./webhook.validation.ts";

export const validatingWebhook = message(
  "io.k8s.api.admissionregistration.v1.ValidatingWebhook",
  "ValidatingWebhook is a service that accepts or refuses requests.",
  {
    ...webhookFields,
    objectSelector: obj(10, labelSelector, "Labels of the objects, before or after the change.", { default: {} }),
    matchConditions: list(11, matchCondition, "Further conditions of the requests; all must hold.", {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      mergeKey: "name",
    }),
  },
);
export interface ValidatingWebhook extends Infer<typeof validatingWebhook> {}

export const validatingWebhookConfiguration = message(
  "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
  "A ValidatingWebhookConfiguration lists services that accept or refuse requests.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    webhooks: list(2, validatingWebhook, "The webhooks, called side by side.", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  },
);
export interface ValidatingWebhookConfiguration extends Infer<typeof validatingWebhookConfiguration> {}

export const validatingWebhookConfigurations = defineResource<ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  resource: "validatingwebhookconfigurations",
  singular: "validatingwebhookconfiguration",
  categories: ["api-extensions"],
  namespaced: false,
  schema: validatingWebhookConfiguration,
  strategy: {
    anyFinalizer: true,
    validateCreate: newWebhookConfigurationErrors,
    validateUpdate: webhookConfigurationUpdateErrors,
    ...exactGeneration<ValidatingWebhookConfiguration>("webhooks"),
    allowUnconditionalUpdate: false,
  },
  columns: [integer("Webhooks", "Number of webhooks.", (object) => object.webhooks?.length ?? 0)],
});
