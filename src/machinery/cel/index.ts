/**
 * CEL, the Common Expression Language, as Kubernetes 1.36 has it: environments of declared variables, compiled programs
 * whose evaluation is bounded by cost and never blocks, and the static estimate of what they may cost.
 */

export { type Asking, evaluateAsking } from "./asking.ts";
export { estimateCost, type SizeEstimator } from "./cost-estimate.ts";
export { type CompileFailure, type CompileResult, Environment, type EnvironmentOptions } from "./environment.ts";
export { celValue, DefaultMap, JsonList, JsonMap, LazyMap } from "./json-values.ts";
export {
  admissionEnvironment,
  authorizationEnvironment,
  type Compiled,
  claimsEnvironment,
  compileAs,
  compileDeviceSelector,
  deviceSelectorCost,
  resultTypes,
  userEnvironment,
} from "./kubernetes.ts";
export { type AuthorizationCheck, authorizerValue, type CheckDecision, type Decide, requestResourceValue } from "./library/authorizer.ts";
export { type Activation, CelError, type Evaluation, Program, perCallCostLimit, runtimeCostBudget } from "./program.ts";
export { schemaType } from "./schema-types.ts";
export { type StructuralSchema, type StructuralType, structuralSizes, structuralType } from "./structural-types.ts";
export { jsonOf } from "./to-json.ts";
export { declareObject, parseType, type Type } from "./types.ts";
export { Failure, fail, type Value } from "./values.ts";
