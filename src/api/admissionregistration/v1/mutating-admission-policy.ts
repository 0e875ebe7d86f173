import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { paramKindText } from "./columns.ts";
import { matchCondition, matchResources, paramKind, variable } from "./common.ts";
import { mutatingAdmissionPolicyErrors } from "./validation.ts";

export const applyConfiguration = message("io.k8s.api.admissionregistration.v1.ApplyConfiguration", "", {
  expression: str(1, ""),
});
export interface ApplyConfiguration extends Infer<typeof applyConfiguration> {}

export const jsonPatch = message("io.k8s.api.admissionregistration.v1.JSONPatch", "", {
  expression: str(1, ""),
});
export interface JSONPatch extends Infer<typeof jsonPatch> {}

export const mutation = message("io.k8s.api.admissionregistration.v1.Mutation", "", {
  patchType: str(2, "", { required: true, enum: ["ApplyConfiguration", "JSONPatch"] }),
  applyConfiguration: obj(3, applyConfiguration, ""),
  jsonPatch: obj(4, jsonPatch, ""),
});
export interface Mutation extends Infer<typeof mutation> {}

export const mutatingAdmissionPolicySpec = message("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec", "", {
  paramKind: obj(1, paramKind, ""),
  matchConstraints: obj(2, matchResources, ""),
  variables: list(3, variable, "", { listType: "atomic" }),
  mutations: list(4, mutation, "", { listType: "atomic" }),
  failurePolicy: str(5, "", { default: "Fail", enum: ["Fail", "Ignore"] }),
  matchConditions: list(6, matchCondition, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  reinvocationPolicy: str(7, "", { enum: ["IfNeeded", "Never"] }),
});
export interface MutatingAdmissionPolicySpec extends Infer<typeof mutatingAdmissionPolicySpec> {}

export const mutatingAdmissionPolicy = message("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, mutatingAdmissionPolicySpec, "", { present: true, default: {} }),
});
export interface MutatingAdmissionPolicy extends Infer<typeof mutatingAdmissionPolicy> {}

export const mutatingAdmissionPolicies = defineResource<MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  resource: "mutatingadmissionpolicies",
  singular: "mutatingadmissionpolicy",
  categories: ["api-extensions"],
  namespaced: false,
  schema: mutatingAdmissionPolicy,
  strategy: { validate: mutatingAdmissionPolicyErrors, ...specGeneration<MutatingAdmissionPolicy>(), allowUnconditionalUpdate: false },
  columns: [
    integer("Mutations", "Number of mutations.", (object) => object.spec.mutations?.length ?? 0),
    text("ParamKind", "Kind of the parameters.", (object) => paramKindText(object.spec.paramKind)),
  ],
});
