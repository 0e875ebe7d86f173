import { condition, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int64, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { paramKindText } from "./columns.ts";
import { matchCondition, matchResources, paramKind, variable } from "./common.ts";
import { validatingAdmissionPolicyErrors, validatingAdmissionPolicyStatusErrors } from "./validation.ts";

export const auditAnnotation = message("io.k8s.api.admissionregistration.v1.AuditAnnotation", "", {
  key: str(1, "", { required: true }),
  valueExpression: str(2, "", { required: true }),
});
export interface AuditAnnotation extends Infer<typeof auditAnnotation> {}

export const expressionWarning = message("io.k8s.api.admissionregistration.v1.ExpressionWarning", "", {
  fieldRef: str(2, "", { required: true }),
  warning: str(3, "", { required: true }),
});
export interface ExpressionWarning extends Infer<typeof expressionWarning> {}

export const typeChecking = message("io.k8s.api.admissionregistration.v1.TypeChecking", "", {
  expressionWarnings: list(1, expressionWarning, "", { listType: "atomic" }),
});
export interface TypeChecking extends Infer<typeof typeChecking> {}

export const validation = message("io.k8s.api.admissionregistration.v1.Validation", "", {
  expression: str(1, "", { required: true }),
  message: str(2, ""),
  reason: str(3, ""),
  messageExpression: str(4, ""),
});
export interface Validation extends Infer<typeof validation> {}

export const validatingAdmissionPolicySpec = message("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec", "", {
  paramKind: obj(1, paramKind, ""),
  matchConstraints: obj(2, matchResources, ""),
  validations: list(3, validation, "", { listType: "atomic" }),
  failurePolicy: str(4, "", { default: "Fail", enum: ["Fail", "Ignore"] }),
  auditAnnotations: list(5, auditAnnotation, "", { listType: "atomic" }),
  matchConditions: list(6, matchCondition, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  variables: list(7, variable, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
});
export interface ValidatingAdmissionPolicySpec extends Infer<typeof validatingAdmissionPolicySpec> {}

export const validatingAdmissionPolicyStatus = message("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus", "", {
  observedGeneration: int64(1, ""),
  typeChecking: obj(2, typeChecking, ""),
  conditions: list(3, condition, "", { listType: "map", keys: ["type"] }),
});
export interface ValidatingAdmissionPolicyStatus extends Infer<typeof validatingAdmissionPolicyStatus> {}

export const validatingAdmissionPolicy = message("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, validatingAdmissionPolicySpec, "", { present: true, default: {} }),
  status: obj(3, validatingAdmissionPolicyStatus, ""),
});
export interface ValidatingAdmissionPolicy extends Infer<typeof validatingAdmissionPolicy> {}

export const validatingAdmissionPolicies = defineResource<ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  resource: "validatingadmissionpolicies",
  singular: "validatingadmissionpolicy",
  categories: ["api-extensions"],
  namespaced: false,
  schema: validatingAdmissionPolicy,
  strategy: { validate: validatingAdmissionPolicyErrors, ...specAndStatus<ValidatingAdmissionPolicy>(() => ({})), allowUnconditionalUpdate: false },
  columns: [
    integer("Validations", "Number of validations.", (object) => object.spec.validations?.length ?? 0),
    text("ParamKind", "Kind of the parameters.", (object) => paramKindText(object.spec.paramKind)),
  ],
  status: statusSubresource<ValidatingAdmissionPolicy>({ meta: "kept", validateUpdate: validatingAdmissionPolicyStatusErrors }),
});
