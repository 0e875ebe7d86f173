import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specGeneration } from "../../strategy.ts";
import { paramRefText } from "./columns.ts";
import { matchResources, paramRef } from "./common.ts";
import { validatingAdmissionPolicyBindingErrors } from "./validation.ts";

export const validatingAdmissionPolicyBindingSpec = message(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
  "ValidatingAdmissionPolicyBindingSpec says where a policy holds, and what comes of a breach.",
  {
    policyName: str(1, "Name of the policy.", { required: true }),
    paramRef: obj(2, paramRef, "Parameters for the policy."),
    matchResources: obj(3, matchResources, "Requests to which the policy is limited."),
    validationActions: list(4, "string", "What a breach leads to: Deny, Warn, Audit.", {
      required: true,
      listType: "set",
      enum: ["Audit", "Deny", "Warn"],
      enumCheck: "own",
    }),
  },
);
export interface ValidatingAdmissionPolicyBindingSpec extends Infer<typeof validatingAdmissionPolicyBindingSpec> {}

export const validatingAdmissionPolicyBinding = message(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  "A ValidatingAdmissionPolicyBinding puts a policy into force, with parameters.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, validatingAdmissionPolicyBindingSpec, "The policy, and where it holds.", { required: true, present: true, default: {} }),
  },
);
export interface ValidatingAdmissionPolicyBinding extends Infer<typeof validatingAdmissionPolicyBinding> {}

export const validatingAdmissionPolicyBindings = defineResource<ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  resource: "validatingadmissionpolicybindings",
  singular: "validatingadmissionpolicybinding",
  categories: ["api-extensions"],
  namespaced: false,
  schema: validatingAdmissionPolicyBinding,
  strategy: {
    anyFinalizer: true,
    validate: validatingAdmissionPolicyBindingErrors,
    ...specGeneration<ValidatingAdmissionPolicyBinding>(),
    allowUnconditionalUpdate: false,
  },
  columns: [
    text("PolicyName", "Policy that is bound.", (object) => object.spec.policyName),
    text("ParamRef", "Parameters that the policy gets.", (object) => paramRefText(object.spec.paramRef)),
  ],
});
