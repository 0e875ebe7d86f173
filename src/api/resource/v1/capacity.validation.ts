/** How much of a device's capacity one request may take (KEP-5075). Quantities are compared as numbers, told as text. */
import { joined, none } from "../../../machinery/joined.ts";
import { addQuantities, compareQuantities, parseQuantity, quantityText, scaledQuantityValue } from "../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { boundedSet } from "./parts.validation.ts";
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from "./resource-slice.ts";

const maxOptions = 10;

const compare = (a: string, b: string) => compareQuantities(parseQuantity(a), parseQuantity(b));
/** Whole units, rounded up, as Kubernetes counts steps. */
const units = (text: string) => scaledQuantityValue(parseQuantity(text), 0);

export function requestPolicyErrors(path: string, capacity: string, policy: CapacityRequestPolicy): readonly FieldError[] {
  const { default: standard, validValues = [], validRange } = policy;
  if (validValues.length > 0 && validRange !== undefined)
    return [fieldError.forbidden(path, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')];
  if (validValues.length > 0) {
    if (standard === undefined) return [fieldError.required(`${path}.default`, "required when validValues is defined")];
    return valuesErrors(`${path}.validValues`, standard, capacity, validValues);
  }
  if (validRange === undefined) return [];
  if (standard === undefined) return [fieldError.required(`${path}.default`, "required when validRange is defined")];
  return rangeErrors(`${path}.validRange`, standard, capacity, validRange);
}

function valuesErrors(path: string, standard: string, capacity: string, values: readonly string[]): readonly FieldError[] {
  const errors = values.slice(1).flatMap((value, index) => {
    const descends = compare(values[index] ?? value, value) > 0;
    return descends ? [fieldError.invalid(`${path}[${index + 1}]`, value, "values must be sorted in ascending order")] : [];
  });
  const options = boundedSet(
    path,
    values,
    maxOptions,
    (value) => String(units(value)),
    (value, at) => (compare(value, capacity) > 0 ? [fieldError.invalid(at, value, `option is larger than capacity value: ${capacity}`)] : []),
  );
  const known = values.length <= maxOptions && values.some((value) => compare(value, standard) === 0);
  return joined(errors, options, known ? none : [fieldError.invalid(path, standard, "default value is not valid according to the requestPolicy")]);
}

function rangeErrors(path: string, standard: string, capacity: string, { min, max, step }: Partial<CapacityRequestPolicyRange>): readonly FieldError[] {
  if (min === undefined) return [fieldError.required(`${path}.min`, "required when validRange is defined")];
  const errors: FieldError[] = [];
  const check = (wrong: boolean, field: string, value: string, detail: string) => {
    if (wrong) errors.push(fieldError.invalid(`${path}.${field}`, value, detail));
  };
  check(compare(min, capacity) > 0, "min", min, `min is larger than capacity value: ${capacity}`);
  check(compare(standard, min) < 0, "default", standard, `default is less than min: ${min}`);
  if (max !== undefined) {
    check(compare(min, max) > 0, "max", min, `min is larger than max: ${max}`);
    check(compare(max, capacity) > 0, "max", max, `max is larger than capacity value: ${capacity}`);
    check(compare(standard, max) > 0, "default", standard, `default is more than max: ${max}`);
  }
  return step === undefined ? errors : [...errors, ...stepErrors(`${path}.step`, [standard, ...(max === undefined ? [] : [max])], capacity, min, step)];
}

function stepErrors(path: string, values: readonly string[], capacity: string, min: string, step: string): readonly FieldError[] {
  if (units(step) <= 0n) return [fieldError.invalid(path, step, "must be greater than zero")];
  const next = addQuantities(parseQuantity(min), parseQuantity(step));
  const errors: FieldError[] = [];
  if (compareQuantities(next, parseQuantity(capacity)) > 0)
    errors.push(fieldError.invalid(path, step, `one step ${quantityText(next)} is larger than capacity value: ${capacity}`));
  for (const value of values) {
    if ((units(value) - units(min)) % units(step) !== 0n)
      errors.push(fieldError.invalid(path, value, `value is not a multiple of a given step (${step}) from (${min})`));
  }
  return errors;
}
