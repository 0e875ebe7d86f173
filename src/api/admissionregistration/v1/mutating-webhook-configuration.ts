import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { matchCondition, ruleWithOperations, webhookClientConfig } from "./common.ts";
import { newWebhookConfigurationErrors, webhookConfigurationUpdateErrors } from "./webhook.validation.ts";

export const mutatingWebhook = message(
  "io.k8s.api.admissionregistration.v1.MutatingWebhook",
  "MutatingWebhook is a service that may change objects as they are written.",
  {
    name: str(1, "Name of the webhook, a domain name of three labels or more.", { required: true }),
    clientConfig: obj(2, webhookClientConfig, "How to call it.", { required: true, default: {} }),
    rules: list(3, ruleWithOperations, "Requests that it is called for.", { listType: "atomic" }),
    failurePolicy: str(4, "Fail or Ignore: what its failure means for the request.", { default: "Fail", enum: ["Fail", "Ignore"], enumCheck: "strict" }),
    namespaceSelector: obj(5, labelSelector, "Labels of the namespaces that requests must be in.", { default: {} }),
    sideEffects: str(6, "None or NoneOnDryRun: whether calls change anything else.", { required: true, enum: ["None", "NoneOnDryRun"], enumCheck: "strict" }),
    timeoutSeconds: int32(7, "Seconds to wait for its answer, 1 to 30.", { default: 10 }),
    admissionReviewVersions: list(8, "string", "Versions of AdmissionReview that it understands, the best first.", { required: true, listType: "atomic" }),
    matchPolicy: str(9, "Exact, or Equivalent for other versions of the same resource too.", {
      default: "Equivalent",
      enum: ["Equivalent", "Exact"],
      enumCheck: "strict",
    }),
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
    validateCreate: newWebhookConfigurationErrors,
    validateUpdate: webhookConfigurationUpdateErrors,
    ...specGeneration<MutatingWebhookConfiguration>((object) => object.webhooks ?? []),
    allowUnconditionalUpdate: false,
  },
  columns: [integer("Webhooks", "Number of webhooks.", (object) => object.webhooks?.length ?? 0)],
});
