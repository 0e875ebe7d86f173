/** The LabelSelector object of API fields, such as a Deployment's spec.selector. */
import type { LabelSelector, LabelSelectorRequirement } from "../meta.ts";
import { labelValueErrors } from "../names.ts";
import { validateLabelKey, validateLabels } from "../object-meta.ts";
import { type FieldError, fieldError } from "../status.ts";
import { everything, nothing, type Operator, type Requirement, type Selector, SelectorError, selectorText } from "./labels.ts";

const operators: Readonly<Record<string, Operator>> = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" };

/** What the object selects: an absent one nothing, an empty one everything. Throws SelectorError for unknown operators. */
export function selectorOf(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return nothing;
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({ key, operator: "=", values: [value] }));
  const requirements = [...labels, ...(selector.matchExpressions ?? []).map(requirementOf)];
  if (requirements.length === 0) return everything;
  return { requirements: requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) };
}

function requirementOf({ key, operator, values }: LabelSelectorRequirement): Requirement {
  const op = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (op === undefined) throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
  return { key, operator: op, values: values ?? [] };
}

/** For columns and descriptions: `<none>` when nothing is asked for, `<error>` when it cannot be read. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  try {
    const text = selectorText(selectorOf(selector));
    return text === "" ? "<none>" : text;
  } catch (error) {
    if (error instanceof SelectorError) return "<error>";
    throw error;
  }
}

/** Errors of a selector in an object. Values of expressions are checked as labels are, unless told otherwise. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: string,
  options: { allowInvalidValues?: boolean } = {},
): readonly FieldError[] {
  if (selector === undefined) return [];
  const errors = [...validateLabels(selector.matchLabels ?? {}, `${path}.matchLabels`)];
  (selector.matchExpressions ?? []).forEach((requirement, i) => {
    errors.push(...requirementErrors(requirement, `${path}.matchExpressions[${i}]`, options.allowInvalidValues === true));
  });
  return errors;
}

function requirementErrors(
  { key = "", operator = "", values = [] }: LabelSelectorRequirement,
  path: string,
  allowInvalidValues: boolean,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) errors.push(fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) errors.push(fieldError.forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else errors.push(fieldError.invalid(`${path}.operator`, operator, "not a valid selector operator"));
  errors.push(...validateLabelKey(key, `${path}.key`));
  if (allowInvalidValues) return errors;
  values.forEach((value, i) => {
    errors.push(...labelValueErrors(value).map((text) => fieldError.invalid(`${path}.values[${i}]`, value, text)));
  });
  return errors;
}
