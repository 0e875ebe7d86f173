/**
 * What a request is narrowed down to, as authorizers see it (KEP-4601). Requirements that cannot be told are left out:
 * an authorizer then takes the request for wider than it is, never for narrower.
 */
import type { ResourceAttributes } from "../../api/authorization/v1/common.ts";
import { parseFieldSelector } from "../../machinery/selectors/fields.ts";
import { type Operator, parseSelector } from "../../machinery/selectors/labels.ts";
import { type FieldError, fieldError } from "../../machinery/status.ts";
import type { AuthorizationAttributes, RequestInfo, SelectorRequirement } from "../contract.ts";

export type RequestSelectors = Pick<AuthorizationAttributes, "fieldSelector" | "labelSelector">;

const narrowedVerbs: ReadonlySet<string> = new Set(["list", "watch", "deletecollection"]);
const nothing: RequestSelectors = {};

/** Whether selectors mean anything for such a request. */
export function narrows({ isResourceRequest, verb }: RequestInfo): boolean {
  return isResourceRequest && narrowedVerbs.has(verb);
}

export function requestSelectors(info: RequestInfo, query: URLSearchParams): RequestSelectors {
  if (!narrows(info)) return nothing;
  const [fields, labels] = [query.get("fieldSelector") ?? "", query.get("labelSelector") ?? ""];
  return fields === "" && labels === "" ? nothing : narrowedTo(readable(fieldRequirements, fields), readable(labelRequirements, labels));
}

type Attributes = NonNullable<ResourceAttributes["fieldSelector"] | ResourceAttributes["labelSelector"]>;
type GivenRequirement = NonNullable<Attributes["requirements"]>[number];

/** Those of an access review, given as text or as requirements. */
export function reviewSelectors({ fieldSelector, labelSelector }: ResourceAttributes): RequestSelectors {
  const fields = fieldSelector?.requirements?.filter(isReadableField) ?? readable(fieldRequirements, fieldSelector?.rawSelector ?? "");
  const labels = labelSelector?.requirements?.filter(isReadable) ?? readable(labelRequirements, labelSelector?.rawSelector ?? "");
  return narrowedTo(fields.map(requirementOf), labels.map(requirementOf));
}

/** What the answer to a review says of selectors that could not be told whole. */
export function unreadSelectors(attributes: ResourceAttributes | undefined): string[] {
  if (attributes === undefined) return [];
  const read = reviewSelectors(attributes);
  return (["fieldSelector", "labelSelector"] as const).flatMap((which) => {
    const given = attributes[which];
    if (given === undefined) return [];
    const requirements = read[which]?.length ?? 0;
    const isWhole = given.requirements === undefined ? requirements > 0 || isBlank(given) : requirements === given.requirements.length;
    if (isWhole) return [];
    return [`spec.resourceAttributes.${which} ${requirements > 0 ? "partially ignored" : "ignored"} due to parse error`];
  });
}

function isBlank({ rawSelector = "" }: Attributes): boolean {
  return rawSelector.trim() === "";
}

/** Operators that a newer client knows are no mistake: they are left out. */
export function reviewSelectorErrors({ fieldSelector, labelSelector }: ResourceAttributes): readonly FieldError[] {
  const path = "spec.resourceAttributes";
  return [...selectorErrors(fieldSelector, `${path}.fieldSelector`), ...selectorErrors(labelSelector, `${path}.labelSelector`)];
}

function selectorErrors(given: Attributes | undefined, path: string): readonly FieldError[] {
  if (given === undefined) return [];
  const { rawSelector = "", requirements = [] } = given;
  if (rawSelector !== "" && requirements.length > 0) {
    return [fieldError.invalid(`${path}.rawSelector`, rawSelector, "may not specified at the same time as requirements")];
  }
  if (rawSelector === "" && requirements.length === 0) {
    return [fieldError.required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`)];
  }
  return requirements.flatMap((requirement, index) => requirementErrors(requirement, `${path}.requirements[${index}]`));
}

function requirementErrors({ key, operator, values = [] }: GivenRequirement, path: string): readonly FieldError[] {
  const errors = key === "" ? [fieldError.required(`${path}.key`, "must be specified")] : [];
  if (["In", "NotIn"].includes(operator) && values.length === 0) {
    errors.push(fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  }
  if (["Exists", "DoesNotExist"].includes(operator) && values.length > 0) {
    errors.push(fieldError.forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  }
  return errors;
}

function isReadable({ operator }: GivenRequirement): boolean {
  return ["In", "NotIn", "Exists", "DoesNotExist"].includes(operator);
}

/** Field selectors have equality only. */
function isReadableField({ operator, values = [] }: GivenRequirement): boolean {
  return ["In", "NotIn"].includes(operator) && values.length === 1;
}

function requirementOf({ key, operator, values }: { key: string; operator: string; values?: readonly string[] }): SelectorRequirement {
  return { key, operator: operator as SelectorRequirement["operator"], values: values ?? [] };
}

function narrowedTo(fields: readonly SelectorRequirement[], labels: readonly SelectorRequirement[]): RequestSelectors {
  return { ...(fields.length === 0 ? {} : { fieldSelector: fields }), ...(labels.length === 0 ? {} : { labelSelector: labels }) };
}

/** A selector with a mistake in it says nothing here; the request itself fails of it. */
function readable(read: (text: string) => SelectorRequirement[], text: string): SelectorRequirement[] {
  if (text === "") return [];
  try {
    return read(text);
  } catch {
    return [];
  }
}

function fieldRequirements(text: string): SelectorRequirement[] {
  return parseFieldSelector(text).terms.map(({ field, operator, value }) => ({ key: field, operator: operator === "=" ? "In" : "NotIn", values: [value] }));
}

const operators: Partial<Readonly<Record<Operator, SelectorRequirement["operator"]>>> = {
  in: "In",
  "=": "In",
  "==": "In",
  notin: "NotIn",
  "!=": "NotIn",
  exists: "Exists",
  "!": "DoesNotExist",
};

function labelRequirements(text: string): SelectorRequirement[] {
  return parseSelector(text).requirements.flatMap(({ key, operator, values }) => {
    const known = operators[operator];
    return known === undefined ? [] : [{ key, operator: known, values }];
  });
}
