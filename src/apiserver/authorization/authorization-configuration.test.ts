import assert from "node:assert/strict";
import { test } from "node:test";
import { stringifyJson } from "../../machinery/json-codec.ts";
import { parseAuthorizationConfiguration } from "./authorization-configuration.ts";

const webhook = {
  timeout: "3s",
  subjectAccessReviewVersion: "v1",
  failurePolicy: "NoOpinion",
  connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "/etc/book.kubeconfig" },
};

function file(...authorizers: object[]): string {
  return stringifyJson({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthorizationConfiguration", authorizers });
}

test("authorizers come in their order, webhooks with Kubernetes' defaults", () => {
  const text = file(
    { type: "Webhook", name: "book", webhook },
    { type: "Node", name: "node" },
    { type: "RBAC", name: "rbac" },
    { type: "Webhook", name: "second", webhook: { ...webhook, authorizedTTL: "1m", unauthorizedTTL: "1s", cacheUnauthorizedRequests: false } },
  );
  const common = { kubeConfigFile: "/etc/book.kubeconfig", version: "v1", timeoutMs: 3_000, failurePolicy: "NoOpinion", matchConditions: [] };
  assert.deepEqual(parseAuthorizationConfiguration(text).authorizers, [
    { type: "Webhook", name: "book", webhook: { ...common, authorizedTtlMs: 300_000, unauthorizedTtlMs: 30_000 } },
    { type: "Node", name: "node" },
    { type: "RBAC", name: "rbac" },
    { type: "Webhook", name: "second", webhook: { ...common, authorizedTtlMs: 60_000, unauthorizedTtlMs: 0 } },
  ]);
});

test("a configuration that would not do what it says is refused, with the place", () => {
  const hook = (changes: object) => file({ type: "Webhook", name: "book", webhook: { ...webhook, ...changes } });
  const conditions = (...matchConditions: object[]) => hook({ matchConditionSubjectAccessReviewVersion: "v1", matchConditions });
  const cases: [string, RegExp][] = [
    [file(), /authorizers: Required value: at least one authorization mode must be defined/],
    ["apiVersion: v1\nkind: ConfigMap", /must be kind AuthorizationConfiguration/],
    [file({ type: "RBAC", name: "a" }, { type: "RBAC", name: "b" }), /authorizers\[1\]\.type: Duplicate value: "RBAC"/],
    [file({ type: "RBAC", name: "a" }, { type: "Node", name: "a" }), /authorizers\[1\]\.name: Duplicate value: "a"/],
    [file({ type: "Wizard", name: "a" }), /authorizers\[0\]\.type: Unsupported value: "Wizard"/],
    [file({ type: "ABAC", name: "a" }), /has no ABAC/],
    [file({ type: "RBAC", name: "a", webhook }), /may only be specified when type=Webhook/],
    [file({ type: "Webhook", name: "a" }), /authorizers\[0\]\.webhook: Required value: required when type=Webhook/],
    [hook({ timeout: "" }), /webhook\.timeout: Required value/],
    [hook({ timeout: "31s" }), /must be > 0s and <= 30s/],
    [hook({ authorizedTTL: "soon" }), /webhook\.authorizedTTL: Invalid value: "soon"/],
    [hook({ failurePolicy: "Shrug" }), /webhook\.failurePolicy: Unsupported value: "Shrug"/],
    [hook({ subjectAccessReviewVersion: "v2" }), /webhook\.subjectAccessReviewVersion: Unsupported value/],
    [hook({ connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "here" } }), /must be an absolute path/],
    [hook({ connectionInfo: { type: "InClusterConfig" } }), /InClusterConfig is not allowed/],
    [
      hook({ matchConditions: [{ expression: "true" }] }),
      /matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified/,
    ],
    [conditions({ expression: "request.user" }), /matchConditions\[0\]\.expression: Invalid value: "request.user": must evaluate to bool but got string/],
    [conditions({ expression: "request.nobody == 1" }), /compilation failed: ERROR: <input>:1:8: undefined field 'nobody'/],
    [conditions({ expression: "true" }, { expression: "true" }), /matchConditions\[1\]\.expression: Duplicate value: "true"/],
    [conditions({ expression: " " }), /matchConditions\[0\]\.expression: Required value/],
    [conditions(...Array.from({ length: 65 }, (_, i) => ({ expression: `${i} == 1` }))), /matchConditions: Too many: 65: must have at most 64 items/],
    [hook({ cacheTTL: "5s" }), /webhook\.cacheTTL: Invalid value: "cacheTTL": unknown field/],
  ];
  for (const [text, expected] of cases) assert.throws(() => parseAuthorizationConfiguration(text), expected, text);
});
