import { joined } from "../../../machinery/joined.ts";
import { qualifiedNameErrors } from "../../../machinery/names.ts";
import { compareQuantities, parseQuantity, type Quantity, quantityNumber } from "../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { duplicates, each, matches } from "../../validation.ts";
import type { LimitRange, LimitRangeItem } from "./limit-range.ts";
import { containerResourceNameErrors, isOvercommitAllowed, resourceNameErrors } from "./validation/resources.ts";

const standardTypes = ["Container", "PersistentVolumeClaim", "Pod"];
const lists = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;
type List = (typeof lists)[number];

export function limitRangeErrors({ spec }: LimitRange): readonly FieldError[] {
  const path = "spec.limits";
  return joined(
    each(spec.limits, path, (item, at) =>
      joined(typeErrors(`${at}.type`, item.type ?? ""), nameErrors(at, item), podErrors(at, item), storageErrors(at, item), amountErrors(at, item)),
    ),
    duplicates(
      spec.limits,
      path,
      ({ type }) => type,
      (at, _item, type) => fieldError.duplicate(`${at}.type`, type),
    ),
  );
}

function typeErrors(path: string, type: string): readonly FieldError[] {
  const errors = matches(path, type, qualifiedNameErrors);
  if (errors.length > 0 || type.includes("/") || standardTypes.includes(type)) return errors;
  return [fieldError.invalid(path, type, "must be a standard limit type or fully qualified")];
}

function nameErrors(path: string, item: LimitRangeItem): readonly FieldError[] {
  const rule = item.type === "Pod" || item.type === "Container" ? containerResourceNameErrors : resourceNameErrors;
  return lists.flatMap((list) => Object.keys(item[list] ?? {}).flatMap((name) => rule(`${path}.${list}[${name}]`, name)));
}

/** A pod is the sum of its containers: there is nothing to default. */
function podErrors(path: string, item: LimitRangeItem): readonly FieldError[] {
  if (item.type !== "Pod") return [];
  return (["default", "defaultRequest"] as const)
    .filter((list) => Object.keys(item[list] ?? {}).length > 0)
    .map((list) => fieldError.forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
}

function storageErrors(path: string, { type, min, max }: LimitRangeItem): readonly FieldError[] {
  if (type !== "PersistentVolumeClaim" || min?.["storage"] !== undefined || max?.["storage"] !== undefined) return [];
  return [fieldError.required(`${path}.limits`, "either minimum or maximum storage value is required, but neither was provided")];
}

function amountErrors(path: string, item: LimitRangeItem): readonly FieldError[] {
  const names = new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})));
  return [...names].flatMap((name) => orderErrors(path, name, item));
}

/** min <= defaultRequest <= default <= max, wherever two of them are there. */
function orderErrors(path: string, name: string, item: LimitRangeItem): readonly FieldError[] {
  const text = (list: List) => amountOf(item[list], name);
  const exceeds = (low: List, high: List) => {
    const [a, b] = [text(low), text(high)];
    return a !== undefined && b !== undefined && compare(a, b) > 0;
  };
  const error = (list: List, value: List, detail: string) => fieldError.invalid(`${path}.${list}[${name}]`, text(value), detail);
  const errors: FieldError[] = [];
  if (exceeds("min", "max")) errors.push(error("min", "min", `min value ${text("min")} is greater than max value ${text("max")}`));
  if (exceeds("min", "defaultRequest")) {
    errors.push(error("defaultRequest", "defaultRequest", `min value ${text("min")} is greater than default request value ${text("defaultRequest")}`));
  }
  if (exceeds("defaultRequest", "max")) {
    errors.push(error("defaultRequest", "defaultRequest", `default request value ${text("defaultRequest")} is greater than max value ${text("max")}`));
  }
  if (exceeds("defaultRequest", "default")) {
    errors.push(
      error("defaultRequest", "defaultRequest", `default request value ${text("defaultRequest")} is greater than default limit value ${text("default")}`),
    );
  }
  if (exceeds("min", "default")) errors.push(error("default", "min", `min value ${text("min")} is greater than default value ${text("default")}`));
  if (exceeds("default", "max")) errors.push(error("default", "max", `default value ${text("default")} is greater than max value ${text("max")}`));
  return joined(errors, ratioErrors(path, name, item), overcommitErrors(path, name, item));
}

/** Names come from the client: `constructor` is not what every object has. */
function amountOf(list: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return list !== undefined && Object.hasOwn(list, name) ? list[name] : undefined;
}

const compare = (a: string, b: string) => compareQuantities(parseQuantity(a), parseQuantity(b));
const one: Quantity = parseQuantity("1");

function ratioErrors(path: string, name: string, { maxLimitRequestRatio, min, max }: LimitRangeItem): readonly FieldError[] {
  const ratio = amountOf(maxLimitRequestRatio, name);
  if (ratio === undefined) return [];
  const at = `${path}.maxLimitRequestRatio[${name}]`;
  const value = parseQuantity(ratio);
  const errors = compareQuantities(value, one) < 0 ? [fieldError.invalid(at, ratio, `ratio ${ratio} is less than 1`)] : [];
  const [low, high] = [amountOf(min, name), amountOf(max, name)];
  if (low === undefined || high === undefined) return errors;
  const limit = quantityNumber(parseQuantity(high)) / quantityNumber(parseQuantity(low));
  if (quantityNumber(value) > limit) errors.push(fieldError.invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`));
  return errors;
}

function overcommitErrors(path: string, name: string, item: LimitRangeItem): readonly FieldError[] {
  const [limit, request] = [amountOf(item.default, name), amountOf(item.defaultRequest, name)];
  if (limit === undefined || request === undefined || isOvercommitAllowed(name) || compare(limit, request) === 0) return [];
  return [fieldError.invalid(`${path}.defaultRequest[${name}]`, request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`)];
}
