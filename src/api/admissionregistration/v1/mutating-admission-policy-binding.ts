import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { paramRefText } from "./columns.ts";
import { matchResources, paramRef } from "./common.ts";
import { policyBindingErrors } from "./validation.ts";

export const mutatingAdmissionPolicyBindingSpec = message(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec",
  "MutatingAdmissionPolicyBindingSpec says where a policy holds.",
  {
    policyName: str(1, "Name of the policy."),
    paramRef: obj(2, paramRef, "Parameters for the policy."),
    matchResources: obj(3, matchResources, "Requests to which the policy is limited."),
  },
);
export interface MutatingAdmissionPolicyBindingSpec extends Infer<typeof mutatingAdmissionPolicyBindingSpec> {}

export const mutatingAdmissionPolicyBinding = message(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  "A MutatingAdmissionPolicyBinding puts a policy into force, with parameters.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, mutatingAdmissionPolicyBindingSpec, "The policy, and where it holds.", { present: true, default: {} }),
  },
);
export interface MutatingAdmissionPolicyBinding extends Infer<typeof mutatingAdmissionPolicyBinding> {}

export const mutatingAdmissionPolicyBindings = defineResource<MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  resource: "mutatingadmissionpolicybindings",
  singular: "mutatingadmissionpolicybinding",
  categories: ["api-extensions"],
  namespaced: false,
  schema: mutatingAdmissionPolicyBinding,
  strategy: { anyFinalizer: true, validate: policyBindingErrors, ...specGeneration<MutatingAdmissionPolicyBinding>(), allowUnconditionalUpdate: false },
  columns: [
    text("PolicyName", "Policy that is bound.", (object) => object.spec.policyName ?? ""),
    text("ParamRef", "Parameters that the policy gets.", (object) => paramRefText(object.spec.paramRef)),
  ],
});
