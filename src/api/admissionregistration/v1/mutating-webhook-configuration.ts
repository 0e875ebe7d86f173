import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { matchCondition, ruleWithOperations, webhookClientConfig } from "./common.ts";
import { newWebhookConfigurationErrors, webhookConfigurationUpdateErrors } from "./webhook.validation.ts";

export const mutatingWebhook = message("io.k8s.api.admissionregistration.v1.MutatingWebhook", "", {
  name: str(1, "", { required: true }),
  clientConfig: obj(2, webhookClientConfig, "", { required: true, default: {} }),
  rules: list(3, ruleWithOperations, "", { listType: "atomic" }),
  failurePolicy: str(4, "", { default: "Fail", enum: ["Fail", "Ignore"] }),
  namespaceSelector: obj(5, labelSelector, "", { default: {} }),
  sideEffects: str(6, "", { required: true, enum: ["None", "NoneOnDryRun"] }),
  timeoutSeconds: int32(7, "", { default: 10 }),
  admissionReviewVersions: list(8, "string", "", { required: true, listType: "atomic" }),
  matchPolicy: str(9, "", { default: "Equivalent", enum: ["Equivalent", "Exact"] }),
  reinvocationPolicy: str(10, "", { default: "Never", enum: ["IfNeeded", "Never"] }),
  objectSelector: obj(11, labelSelector, "", { default: {} }),
  matchConditions: list(12, matchCondition, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
});
export interface MutatingWebhook extends Infer<typeof mutatingWebhook> {}

export const mutatingWebhookConfiguration = message("io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  webhooks: list(2, mutatingWebhook, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
});
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
    validateCreate: newWebhookConfigurationErrors,
    validateUpdate: webhookConfigurationUpdateErrors,
    ...specGeneration<MutatingWebhookConfiguration>((object) => object.webhooks ?? []),
    allowUnconditionalUpdate: false,
  },
  columns: [integer("Webhooks", "Number of webhooks.", (object) => object.webhooks?.length ?? 0)],
});
