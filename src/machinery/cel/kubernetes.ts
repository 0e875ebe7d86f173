/**
 * The environments of Kubernetes 1.36: what expressions in its API objects and configuration files may use, and what is
 * said of those that do not fit.
 */
import { estimateCost } from "./cost-estimate.ts";
import { Environment } from "./environment.ts";
import { jsonPatch } from "./library/json-patch.ts";
import type { Program } from "./program.ts";
import {
  anyType,
  boolType,
  declareObject,
  dynType,
  intType,
  listOf,
  mapOf,
  nullType,
  type ObjectDeclaration,
  objectOf,
  outputTypeText,
  parseType,
  sameType,
  stringType,
  type Type,
  timestampType,
} from "./types.ts";

const texts = listOf(stringType);
const extra = mapOf(stringType, texts);

const groupVersionKind = declareObject("kubernetes.GroupVersionKind", { group: stringType, version: stringType, kind: stringType });
const groupVersionResource = declareObject("kubernetes.GroupVersionResource", { group: stringType, version: stringType, resource: stringType });
const userInfo = declareObject("kubernetes.UserInfo", { username: stringType, uid: stringType, groups: texts, extra });

/** AdmissionReview's request, without its objects and its uid. */
export const admissionRequestType = declareObject("kubernetes.AdmissionRequest", {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: stringType,
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: stringType,
  name: stringType,
  namespace: stringType,
  operation: stringType,
  userInfo,
  dryRun: boolType,
  options: dynType,
});

/** What expressions may see of a namespace. */
export const namespaceType = declareObject("kubernetes.Namespace", {
  metadata: declareObject("kubernetes.NamespaceMetadata", {
    name: stringType,
    generateName: stringType,
    namespace: stringType,
    labels: mapOf(stringType, stringType),
    annotations: mapOf(stringType, stringType),
    UID: stringType,
    creationTimestamp: timestampType,
    deletionGracePeriodSeconds: intType,
    deletionTimestamp: timestampType,
    generation: intType,
    resourceVersion: stringType,
    finalizers: texts,
  }),
  spec: declareObject("kubernetes.NamespaceSpec", { finalizers: texts }),
  status: declareObject("kubernetes.NamespaceStatus", {
    conditions: listOf(
      declareObject("kubernetes.NamespaceCondition", {
        status: stringType,
        type: stringType,
        lastTransitionTime: timestampType,
        message: stringType,
        reason: stringType,
      }),
    ),
    phase: stringType,
  }),
});

const selectorRequirements = listOf(declareObject("kubernetes.SelectorRequirement", { key: stringType, operator: stringType, values: texts }));

const subjectAccessReviewSpec = declareObject("kubernetes.SubjectAccessReviewSpec", {
  resourceAttributes: declareObject("kubernetes.ResourceAttributes", {
    namespace: stringType,
    verb: stringType,
    group: stringType,
    version: stringType,
    resource: stringType,
    subresource: stringType,
    name: stringType,
    fieldSelector: declareObject("kubernetes.FieldSelectorAttributes", { rawSelector: stringType, requirements: selectorRequirements }),
    labelSelector: declareObject("kubernetes.LabelSelectorAttributes", { rawSelector: stringType, requirements: selectorRequirements }),
  }),
  nonResourceAttributes: declareObject("kubernetes.NonResourceAttributes", { path: stringType, verb: stringType }),
  user: stringType,
  groups: texts,
  extra,
  uid: stringType,
});

const device = declareObject("kubernetes.DRADevice", {
  driver: stringType,
  attributes: mapOf(stringType, mapOf(stringType, anyType)),
  capacity: mapOf(stringType, mapOf(stringType, parseType("kubernetes.Quantity"))),
  allowMultipleAllocations: boolType,
});

/** Structured authentication: what maps and validates claims. */
export const claimsEnvironment = new Environment({ variables: { claims: mapOf(stringType, anyType) } });
/** And what validates the user that they make. */
export const userEnvironment = new Environment({ variables: { user: userInfo } });
/** matchConditions of webhook authorizers. */
export const authorizationEnvironment = new Environment({ variables: { request: subjectAccessReviewSpec } });
/** Selectors of devices. */
export const deviceEnvironment = new Environment({ variables: { device }, bindings: true });

export interface AdmissionVariables {
  /** Whether the policy has a paramKind. */
  readonly params?: boolean;
  readonly authorizer?: boolean;
  /** Types of the policy's own variables, by name: each may use those before it. */
  readonly variables?: ReadonlyMap<string, Type>;
  /** Whether objects and JSON patches are written. */
  readonly mutation?: boolean;
}

/** Expressions of webhooks' match conditions and of policies. */
export function admissionEnvironment({ params = false, authorizer = true, variables, mutation = false }: AdmissionVariables): Environment {
  return new Environment({
    variables: {
      object: dynType,
      oldObject: dynType,
      namespaceObject: namespaceType,
      request: admissionRequestType,
      ...(params ? { params: dynType } : {}),
      ...(authorizer ? authorizerVariables : {}),
      ...(variables === undefined ? {} : { variables: variablesType(variables) }),
    },
    ...(mutation ? { functions: jsonPatch, type: mutationType } : {}),
  });
}

const authorizerVariables = {
  authorizer: parseType("kubernetes.authorization.Authorizer"),
  "authorizer.requestResource": parseType("kubernetes.authorization.ResourceCheck"),
};

function variablesType(variables: ReadonlyMap<string, Type>): Type {
  return objectOf({
    name: "kubernetes.variables",
    field(name) {
      const type = variables.get(name);
      return type === undefined ? undefined : { type, jsonName: name };
    },
  });
}

/** One operation of a JSON patch, as a mutating policy writes it. */
export const jsonPatchType = declareObject("JSONPatch", { op: stringType, path: stringType, from: stringType, value: dynType });

/** `Object` and `Object.spec.template` are written without a schema: any field, checked when the result is applied. */
export const appliedObjectType = objectOf(appliedObject("Object"));

function appliedObject(name: string): ObjectDeclaration {
  return { name, field: (field) => ({ type: dynType, jsonName: field }) };
}

function mutationType(name: string): Type | undefined {
  if (name === "JSONPatch") return jsonPatchType;
  if (name === "Object") return appliedObjectType;
  return name.startsWith("Object.") ? objectOf(appliedObject(name)) : undefined;
}

export const resultTypes = {
  bool: [boolType],
  text: [stringType],
  textOrNull: [stringType, nullType],
  any: [anyType],
  appliedObject: [appliedObjectType],
  jsonPatch: [listOf(jsonPatchType)],
} as const satisfies Readonly<Record<string, readonly Type[]>>;

export type Compiled = { readonly program: Program; readonly problem?: undefined } | { readonly problem: string; readonly program?: undefined };

/**
 * Compiles an expression that must result in one of the types (any: in whatever it likes); the problem is told in
 * Kubernetes' words. `got`: whether they include the type found.
 */
export function compileAs(environment: Environment, expression: string, types: readonly Type[], { got = true } = {}): Compiled {
  const compiled = environment.compile(expression);
  if (compiled.program === undefined) return { problem: `${compiled.problem}: ${compiled.text}` };
  const { program } = compiled;
  if (types.some((type) => type.kind === "any" || sameType(type, program.resultType))) return { program };
  const wanted = types.length === 1 ? outputTypeText(types[0]!) : `one of [${types.map(outputTypeText).join(" ")}]`;
  return { problem: `must evaluate to ${wanted}${got ? ` but got ${outputTypeText(program.resultType)}` : ""}` };
}

/** resource.k8s.io's limits of what a device may say of itself. */
const maxAttributes = 32;
const maxDomainLength = 63;
const maxIdLength = 32;
const maxValueLength = 64;

/** How large what a selector sees may be. */
function deviceSize([variable, field = "", ...below]: readonly string[]): number | undefined {
  if (variable !== "device" || field === "") return undefined;
  if (field === "driver") return maxDomainLength;
  if (field !== "attributes" && field !== "capacity") return undefined;
  if (below.length === 0) return maxAttributes;
  if (below.length === 1) return below[0] === "@keys" ? maxDomainLength : maxAttributes;
  return below[1] === "@keys" ? maxIdLength : field === "attributes" ? maxValueLength : undefined;
}

/** The most that evaluating a selector for one device may cost. */
export function deviceSelectorCost({ checked }: Program): number {
  return estimateCost(checked, deviceSize).max;
}

/** A device selector's own wording. */
export function compileDeviceSelector(expression: string): Compiled {
  const compiled = compileAs(deviceEnvironment, expression, resultTypes.any);
  const type = compiled.program?.resultType;
  if (type === undefined || type.kind === "bool" || type.kind === "any") return compiled;
  return { problem: `must evaluate to bool or the unknown type, not ${outputTypeText(type)}` };
}
