/**
 * authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed(): asks the authorizer in an
 * expression. Authorizing may take a round trip, expressions do not wait: a check whose answer is not known yet ends the
 * evaluation with what is to be asked, and it is begun anew with the answer (`program.ts`). There are two checks at
 * most in what an expression may cost.
 */
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../names.ts";
import { traversal } from "../costs.ts";
import { declare, type FunctionDeclaration, member } from "../functions.ts";
import { fail, Opaque, textSize, type Value } from "../values.ts";

/** A question to the authorizer; what is empty was not given. */
export interface AuthorizationCheck {
  /** Whom for: the user of the request, or a service account. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fieldSelector: string;
  readonly labelSelector: string;
}

export interface CheckDecision {
  readonly allowed: boolean;
  readonly reason: string;
  /** Undefined when the authorizer could be asked. */
  readonly error: string | undefined;
}

/** Known answers; undefined for those that have to be asked for. */
export type Decide = (check: AuthorizationCheck) => CheckDecision | undefined;

/** Thrown through the evaluation. */
export class CheckPending {
  readonly check: AuthorizationCheck;
  constructor(check: AuthorizationCheck) {
    this.check = check;
  }
}

const everything: AuthorizationCheck = {
  serviceAccount: undefined,
  verb: "",
  path: "",
  group: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  fieldSelector: "",
  labelSelector: "",
};

type CheckType =
  | "kubernetes.authorization.Authorizer"
  | "kubernetes.authorization.PathCheck"
  | "kubernetes.authorization.GroupCheck"
  | "kubernetes.authorization.ResourceCheck";

const authorizer = "kubernetes.authorization.Authorizer";
const pathCheck = "kubernetes.authorization.PathCheck";
const groupCheck = "kubernetes.authorization.GroupCheck";
const resourceCheck = "kubernetes.authorization.ResourceCheck";
const decision = "kubernetes.authorization.Decision";

/** The authorizer itself, and what is made of it on the way to a check. */
class CheckBuilder extends Opaque {
  readonly typeName: CheckType;
  readonly check: AuthorizationCheck;
  readonly decide: Decide;
  constructor(typeName: CheckType, check: AuthorizationCheck, decide: Decide) {
    super();
    this.typeName = typeName;
    this.check = check;
    this.decide = decide;
  }
  override equals(other: Opaque): boolean {
    return other === this;
  }
  with(typeName: CheckType, part: Partial<AuthorizationCheck>): CheckBuilder {
    return new CheckBuilder(typeName, { ...this.check, ...part }, this.decide);
  }
}

class DecisionValue extends Opaque {
  readonly typeName = decision;
  readonly decision: CheckDecision;
  constructor(found: CheckDecision) {
    super();
    this.decision = found;
  }
  override equals(other: Opaque): boolean {
    return other === this;
  }
}

/** The variable `authorizer`. */
export function authorizerValue(decide: Decide): Opaque {
  return new CheckBuilder(authorizer, everything, decide);
}

/** The variable `authorizer.requestResource`. */
export function requestResourceValue(decide: Decide, request: Partial<AuthorizationCheck>): Opaque {
  return new CheckBuilder(resourceCheck, { ...everything, ...request }, decide);
}

/** The signatures have seen to it. */
function of(value: Value): CheckBuilder {
  return value as CheckBuilder;
}

function answered(value: Value): CheckDecision {
  return (value as DecisionValue).decision;
}

function checked(value: Value, verb: string): Value {
  const { check, decide } = of(value);
  const whole = { ...check, verb };
  const found = decide(whole);
  if (found === undefined) throw new CheckPending(whole);
  return new DecisionValue(found);
}

function notEmpty(text: string, what: string): string {
  return text.trim() === "" ? fail(`${what} must not be empty`) : text;
}

function serviceAccount(value: Value, namespace: string, name: string): Value {
  if (dns1123SubdomainErrors(name).length > 0) fail("Invalid service account name");
  if (dns1123LabelErrors(namespace).length > 0) fail("Invalid service account namespace");
  return of(value).with(authorizer, { serviceAccount: { namespace, name } });
}

const one = () => 1;
const checkCost = () => 350_000;
/** Reading the selector, and about one requirement for every two characters. */
const selectorCost = ([, text]: readonly Value[]) => 10 + traversal(textSize(text as string)) + Math.ceil(Math.ceil(textSize(text as string) * 0.5) * 50);

function narrowing(name: string, field: "subresource" | "namespace" | "name"): FunctionDeclaration {
  return declare(
    name,
    member(`resourcecheck_${name}`, [resourceCheck, "string"], resourceCheck, (value, text) => of(value).with(resourceCheck, { [field]: text }), one),
  );
}

export const authorization: readonly FunctionDeclaration[] = [
  declare(
    "path",
    member("authorizer_path", [authorizer, "string"], pathCheck, (value, path) => of(value).with(pathCheck, { path: notEmpty(path, "path") }), one),
  ),
  declare(
    "group",
    member("authorizer_group", [authorizer, "string"], groupCheck, (value, group) => of(value).with(groupCheck, { group }), one),
  ),
  declare("serviceAccount", member("authorizer_serviceaccount", [authorizer, "string", "string"], authorizer, serviceAccount, one)),
  declare(
    "resource",
    member(
      "groupcheck_resource",
      [groupCheck, "string"],
      resourceCheck,
      (value, resource) => of(value).with(resourceCheck, { resource: notEmpty(resource, "resource") }),
      one,
    ),
  ),
  narrowing("subresource", "subresource"),
  narrowing("namespace", "namespace"),
  narrowing("name", "name"),
  declare(
    "fieldSelector",
    member(
      "authorizer_fieldselector",
      [resourceCheck, "string"],
      resourceCheck,
      (value, fieldSelector) => of(value).with(resourceCheck, { fieldSelector }),
      selectorCost,
    ),
  ),
  declare(
    "labelSelector",
    member(
      "authorizer_labelselector",
      [resourceCheck, "string"],
      resourceCheck,
      (value, labelSelector) => of(value).with(resourceCheck, { labelSelector }),
      selectorCost,
    ),
  ),
  declare(
    "check",
    member("pathcheck_check", [pathCheck, "string"], decision, checked, checkCost),
    member("resourcecheck_check", [resourceCheck, "string"], decision, checked, checkCost),
  ),
  declare(
    "errored",
    member("decision_errored", [decision], "bool", (value) => answered(value).error !== undefined, one),
  ),
  declare(
    "error",
    member("decision_error", [decision], "string", (value) => answered(value).error ?? "", one),
  ),
  declare(
    "allowed",
    member("decision_allowed", [decision], "bool", (value) => answered(value).allowed, one),
  ),
  declare(
    "reason",
    member("decision_reason", [decision], "string", (value) => answered(value).reason, one),
  ),
];
