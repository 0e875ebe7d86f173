import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { matchCondition, ruleWithOperations, webhookClientConfig } from "./common.ts";
import { newWebhookConfigurationErrors, webhookConfigurationUpdateErrors } from "./webhook.validation.ts";

export const validatingWebhook = message("io.k8s.api.admissionregistration.v1.ValidatingWebhook", "", {
  name: str(1, "", { required: true }),
  clientConfig: obj(2, webhookClientConfig, "", { required: true, default: {} }),
  rules: list(3, ruleWithOperations, "", { listType: "atomic" }),
  failurePolicy: str(4, "", { default: "Fail", enum: ["Fail", "Ignore"] }),
  namespaceSelector: obj(5, labelSelector, "", { default: {} }),
  sideEffects: str(6, "", { required: true, enum: ["None", "NoneOnDryRun"] }),
  timeoutSeconds: int32(7, "", { default: 10 }),
  admissionReviewVersions: list(8, "string", "", { required: true, listType: "atomic" }),
  matchPolicy: str(9, "", { default: "Equivalent", enum: ["Equivalent", "Exact"] }),
  objectSelector: obj(10, labelSelector, "", { default: {} }),
  matchConditions: list(11, matchCondition, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
});
export interface ValidatingWebhook extends Infer<typeof validatingWebhook> {}

export const validatingWebhookConfiguration = message("io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  webhooks: list(2, validatingWebhook, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
});
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
    validateCreate: newWebhookConfigurationErrors,
    validateUpdate: webhookConfigurationUpdateErrors,
    ...specGeneration<ValidatingWebhookConfiguration>((object) => object.webhooks ?? []),
    allowUnconditionalUpdate: false,
  },
  columns: [integer("Webhooks", "Number of webhooks.", (object) => object.webhooks?.length ?? 0)],
});
