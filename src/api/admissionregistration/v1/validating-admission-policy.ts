import { condition, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int64, list, message, obj, str } from "../../../machinery/schema.ts";
import { integer, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { specAndStatus, statusSubresource } from "../../strategy.ts";
import { paramKindText } from "./columns.ts";
import { matchCondition, matchResources, paramKind, variable } from "./common.ts";
import { validatingAdmissionPolicyErrors, validatingAdmissionPolicyStatusErrors } from "./validation.ts";

export const auditAnnotation = message(
  "io.k8s.api.admissionregistration.v1.AuditAnnotation",
  "AuditAnnotation is one annotation that a policy adds to audit events.",
  {
    key: str(1, "Name of the annotation; the policy's name is put before it.", { required: true }),
    valueExpression: str(2, "CEL expression of its value; null leaves it out.", { required: true }),
  },
);
export interface AuditAnnotation extends Infer<typeof auditAnnotation> {}

export const expressionWarning = message(
  "io.k8s.api.admissionregistration.v1.ExpressionWarning",
  "ExpressionWarning says what is doubtful about one expression.",
  {
    fieldRef: str(2, "Path of the field that holds the expression.", { required: true }),
    warning: str(3, "What the type checker found, for people.", { required: true }),
  },
);
export interface ExpressionWarning extends Infer<typeof expressionWarning> {}

export const typeChecking = message(
  "io.k8s.api.admissionregistration.v1.TypeChecking",
  "TypeChecking is what the type checker found in the expressions of a policy.",
  {
    expressionWarnings: list(1, expressionWarning, "One warning for each doubtful expression.", { listType: "atomic" }),
  },
);
export interface TypeChecking extends Infer<typeof typeChecking> {}

export const validation = message("io.k8s.api.admissionregistration.v1.Validation", "Validation is one demand of a policy.", {
  expression: str(1, "CEL expression that must be true of the request.", { required: true }),
  message: str(2, "What to tell when it is not."),
  reason: str(3, "Reason of the refusal, which decides its HTTP status: Forbidden, Invalid or RequestEntityTooLarge."),
  messageExpression: str(4, "CEL expression that makes the message; message is used if it fails."),
});
export interface Validation extends Infer<typeof validation> {}

export const validatingAdmissionPolicySpec = message(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec",
  "ValidatingAdmissionPolicySpec says what a policy demands, and when.",
  {
    paramKind: obj(1, paramKind, "Kind of the objects that bindings take parameters from."),
    matchConstraints: obj(2, matchResources, "Requests that the policy is about."),
    validations: list(3, validation, "Expressions that must be true.", { listType: "atomic" }),
    failurePolicy: str(4, "Fail or Ignore: what an error of the policy means for the request.", {
      default: "Fail",
      enum: ["Fail", "Ignore"],
      enumCheck: "strict",
    }),
    auditAnnotations: list(5, auditAnnotation, "Annotations for the audit event of the request.", { listType: "atomic" }),
    matchConditions: list(6, matchCondition, "Further conditions of the requests; all must hold.", {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      mergeKey: "name",
    }),
    variables: list(7, variable, "Named expressions for use in the others, in order.", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  },
);
export interface ValidatingAdmissionPolicySpec extends Infer<typeof validatingAdmissionPolicySpec> {}

export const validatingAdmissionPolicyStatus = message(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus",
  "ValidatingAdmissionPolicyStatus is what was found out about a policy.",
  {
    observedGeneration: int64(1, "Generation of the policy that this is about."),
    typeChecking: obj(2, typeChecking, "What the type checker found in its expressions."),
    conditions: list(3, condition, "The state of the policy.", { listType: "map", keys: ["type"] }),
  },
);
export interface ValidatingAdmissionPolicyStatus extends Infer<typeof validatingAdmissionPolicyStatus> {}

export const validatingAdmissionPolicy = message(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  "A ValidatingAdmissionPolicy accepts or refuses requests by CEL expressions.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, validatingAdmissionPolicySpec, "What it demands, and when.", { present: true, default: {} }),
    status: obj(3, validatingAdmissionPolicyStatus, "What was found out about it."),
  },
);
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
  strategy: {
    anyFinalizer: true,
    validate: validatingAdmissionPolicyErrors,
    ...specAndStatus<ValidatingAdmissionPolicy>(() => ({})),
    allowUnconditionalUpdate: false,
  },
  columns: [
    integer("Validations", "Number of validations.", (object) => object.spec.validations?.length ?? 0),
    text("ParamKind", "Kind of the parameters.", (object) => paramKindText(object.spec.paramKind)),
  ],
  status: statusSubresource<ValidatingAdmissionPolicy>({ meta: "kept", validateUpdate: validatingAdmissionPolicyStatusErrors }),
});
