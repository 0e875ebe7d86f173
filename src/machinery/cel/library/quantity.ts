/** Quantities, as k8s.io/apiserver/pkg/cel/library has them. */
import { addQuantities, compareQuantities, parseQuantity, type Quantity, quantityNumber, quantityOf, subtractQuantities } from "../../quantity.ts";
import { traversalOf } from "../costs.ts";
import { declare, type FunctionDeclaration, member, overload } from "../functions.ts";
import { fail, int64Max, int64Min, Opaque, type Value } from "../values.ts";

export class QuantityValue extends Opaque {
  readonly typeName = "kubernetes.Quantity";
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  override equals(other: Opaque): boolean {
    return other instanceof QuantityValue && other.quantity.nanos === this.quantity.nanos;
  }
}

const type = "kubernetes.Quantity";
const nanosPerUnit = 1_000_000_000n;

export function quantityValueOf(text: string): QuantityValue {
  try {
    return new QuantityValue(parseQuantity(text));
  } catch (error) {
    return fail((error as Error).message);
  }
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

/** The signature has seen to it. */
function of(value: Value): Quantity {
  return (value as QuantityValue).quantity;
}

function isInteger(value: Value): boolean {
  const { nanos } = of(value);
  const units = nanos / nanosPerUnit;
  return nanos % nanosPerUnit === 0n && units >= int64Min && units <= int64Max;
}

function asInteger(value: Value): bigint {
  return isInteger(value) ? of(value).nanos / nanosPerUnit : fail("cannot convert value to integer");
}

const parseCost = ([text]: readonly Value[]) => traversalOf(text!);
const one = () => 1;

export const quantities: readonly FunctionDeclaration[] = [
  declare("quantity", overload("string_to_quantity", ["string"], type, quantityValueOf, parseCost)),
  declare("isQuantity", overload("is_quantity_string", ["string"], "bool", isQuantity, parseCost)),
  declare(
    "sign",
    overload("quantity_sign", [type], "int", (value) => BigInt(compareQuantities(of(value), quantityOf(0))), one),
  ),
  declare(
    "isGreaterThan",
    member("quantity_is_greater_than", [type, type], "bool", (a, b) => compareQuantities(of(a), of(b)) > 0, one),
  ),
  declare(
    "isLessThan",
    member("quantity_is_less_than", [type, type], "bool", (a, b) => compareQuantities(of(a), of(b)) < 0, one),
  ),
  declare(
    "compareTo",
    member("quantity_compare_to", [type, type], "int", (a, b) => BigInt(compareQuantities(of(a), of(b))), one),
  ),
  declare(
    "asApproximateFloat",
    member("quantity_get_float", [type], "double", (value) => quantityNumber(of(value)), one),
  ),
  declare("asInteger", member("quantity_get_int", [type], "int", asInteger, one)),
  declare("isInteger", member("quantity_is_integer", [type], "bool", isInteger, one)),
  declare(
    "add",
    member("quantity_add", [type, type], type, (a, b) => new QuantityValue(addQuantities(of(a), of(b))), one),
    member("quantity_add_int", [type, "int"], type, (a, b) => new QuantityValue(addQuantities(of(a), quantityOf(b))), one),
  ),
  declare(
    "sub",
    member("quantity_sub", [type, type], type, (a, b) => new QuantityValue(subtractQuantities(of(a), of(b))), one),
    member("quantity_sub_int", [type, "int"], type, (a, b) => new QuantityValue(subtractQuantities(of(a), quantityOf(b))), one),
  ),
];
