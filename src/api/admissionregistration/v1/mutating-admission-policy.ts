import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { paramKindText } from "./columns.ts";
import { matchCondition, matchResources, paramKind, variable } from "./common.ts";
import { mutatingAdmissionPolicyErrors } from "./validation.ts";

export const applyConfiguration = message(
  "io.k8s.api.admissionregistration.v1.ApplyConfiguration",
  "ApplyConfiguration is a mutation that is merged as server-side apply merges.",
  {
    expression: str(1, "CEL expression that makes the object to apply."),
  },
);
export interface ApplyConfiguration extends Infer<typeof applyConfiguration> {}

export const jsonPatch = message("io.k8s.api.admissionregistration.v1.JSONPatch", "JSONPatch is a mutation by operations of RFC 6902.", {
  expression: str(1, "CEL expression that makes the list of operations."),
});
export interface JSONPatch extends Infer<typeof jsonPatch> {}

export const mutation = message("io.k8s.api.admissionregistration.v1.Mutation", "Mutation is one change that a policy makes.", {
  patchType: str(2, "ApplyConfiguration or JSONPatch.", { required: true, enum: ["ApplyConfiguration", "JSONPatch"] }),
  applyConfiguration: obj(3, applyConfiguration, "The change, for the type ApplyConfiguration."),
  jsonPatch: obj(4, jsonPatch, "The change, for the type JSONPatch."),
});
export interface Mutation extends Infer<typeof mutation> {}

export const mutatingAdmissionPolicySpec = message(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec",
  "MutatingAdmissionPolicySpec says what a policy changes, and when.",
  {
    paramKind: obj(1, paramKind, "Kind of the objects that bindings take parameters from."),
    matchConstraints: obj(2, matchResources, "Requests that the policy is about."),
    variables: list(3, variable, "Named expressions for use in the others, in order.", { listType: "atomic" }),
    mutations: list(4, mutation, "Changes, in the order they are made.", { listType: "atomic" }),
    failurePolicy: str(5, "Fail or Ignore: what an error of the policy means for the request.", {
      default: "Fail",
      enum: ["Fail", "Ignore"],
      enumCheck: "strict",
    }),
    matchConditions: list(6, matchCondition, "Further conditions of the requests; all must hold.", {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      mergeKey: "name",
    }),
    reinvocationPolicy: str(7, "Never, or IfNeeded to run again after others changed the object.", { enum: ["IfNeeded", "Never"] }),
  },
);
export interface MutatingAdmissionPolicySpec extends Infer<typeof mutatingAdmissionPolicySpec> {}

export const mutatingAdmissionPolicy = message(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
  "A MutatingAdmissionPolicy changes objects as they are written, by CEL expressions.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, mutatingAdmissionPolicySpec, "What it changes, and when.", { present: true, default: {} }),
  },
);
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
  strategy: { anyFinalizer: true, validate: mutatingAdmissionPolicyErrors, ...specGeneration<MutatingAdmissionPolicy>(), allowUnconditionalUpdate: false },
  columns: [
    integer("Mutations", "Number of mutations.", (object) => object.spec.mutations?.length ?? 0),
    text("ParamKind", "Kind of the parameters.", (object) => paramKindText(object.spec.paramKind)),
  ],
});
