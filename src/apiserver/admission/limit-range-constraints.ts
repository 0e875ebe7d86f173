/** The three constraints of a LimitRange item, in the words of Kubernetes. */
import type { LimitRangeItem } from "../../api/core/v1/limit-range.ts";
import { compareQuantities, parseQuantity, type Quantity, quantityText } from "../../machinery/quantity.ts";

export type ResourceTexts = Readonly<Record<string, string>>;
type Quantities = ReadonlyMap<string, Quantity>;

/** For containers and pods, which have requests and limits. */
export function limitErrors(item: LimitRangeItem, requests: Quantities, limits: Quantities): string[] {
  const each = (bounds: ResourceTexts | undefined, check: (name: string, bound: Quantity) => string | undefined): string[] =>
    Object.entries(bounds ?? {}).flatMap(([name, text]) => check(name, parseQuantity(text)) ?? []);
  return [
    ...each(item.min, (name, bound) => minError(item.type, name, bound, requests.get(name), limits.get(name))),
    ...each(item.max, (name, bound) => maxError(item.type, name, bound, requests.get(name), limits.get(name))),
    ...each(item.maxLimitRequestRatio, (name, bound) => ratioError(item.type, name, bound, requests.get(name), limits.get(name))),
  ];
}

/** For claims, which have requests only. */
export function requestErrors(item: LimitRangeItem, requests: Quantities): string[] {
  const errors: string[] = [];
  for (const [name, text] of Object.entries(item.min ?? {})) {
    const error = minError(item.type, name, parseQuantity(text), requests.get(name), undefined);
    if (error !== undefined) errors.push(error);
  }
  for (const [name, text] of Object.entries(item.max ?? {})) {
    const [bound, request] = [parseQuantity(text), requests.get(name)];
    const head = `maximum ${name} usage per ${item.type} is ${quantityText(bound)}`;
    if (request === undefined) errors.push(`${head}.  No request is specified`);
    else if (compareQuantities(request, bound) > 0) errors.push(`${head}, but request is ${quantityText(request)}`);
  }
  return errors;
}

function minError(type: string, name: string, bound: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const head = `minimum ${name} usage per ${type} is ${quantityText(bound)}`;
  if (request === undefined) return `${head}.  No request is specified`;
  if (compareQuantities(request, bound) < 0) return `${head}, but request is ${quantityText(request)}`;
  return limit !== undefined && compareQuantities(limit, bound) < 0 ? `${head}, but limit is ${quantityText(limit)}` : undefined;
}

function maxError(type: string, name: string, bound: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const head = `maximum ${name} usage per ${type} is ${quantityText(bound)}`;
  if (limit === undefined) return `${head}.  No limit is specified`;
  if (compareQuantities(limit, bound) > 0) return `${head}, but limit is ${quantityText(limit)}`;
  return request !== undefined && compareQuantities(request, bound) > 0 ? `${head}, but request is ${quantityText(request)}` : undefined;
}

function ratioError(type: string, name: string, bound: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const head = `${name} max limit to request ratio per ${type} is ${quantityText(bound)}`;
  if (request === undefined || request.nanos === 0n) return `${head}, but no request is specified or request is 0`;
  if (limit === undefined || limit.nanos === 0n) return `${head}, but no limit is specified or limit is 0`;
  const ratio = Number(limit.nanos) / Number(request.nanos);
  return ratio > Number(bound.nanos) / 1e9 ? `${head}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
