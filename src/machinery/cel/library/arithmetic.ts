/** Numbers, their conversions and their limits: integers of 64 bits that never wrap around. */

import { traversal } from "../costs.ts";
import { declare, overload } from "../functions.ts";
import { ArrayList, Duration, fail, int64Min, JoinedList, sizeOf, type Timestamp, type Value } from "../values.ts";
import { int, timestamp, uint } from "./conversions.ts";

type IntegerOperation = (a: bigint, b: bigint) => bigint;

function ints(id: string, operation: IntegerOperation) {
  return overload(id, ["int", "int"], "int", (a, b) => int(operation(a, b), "integer overflow"));
}

function uints(id: string, operation: IntegerOperation) {
  return overload(id, ["uint", "uint"], "uint", (a, b) => uint(operation(a.value, b.value), "unsigned integer overflow"));
}

function doubles(id: string, operation: (a: number, b: number) => number) {
  return overload(id, ["double", "double"], "double", operation);
}

function divided(a: bigint, b: bigint): bigint {
  return b === 0n ? fail("division by zero") : a / b;
}

function remainder(a: bigint, b: bigint): bigint {
  if (b === 0n) return fail("modulus by zero");
  return a === int64Min && b === -1n ? fail("integer overflow") : a % b;
}

function duration(nanos: bigint): Duration {
  return new Duration(int(nanos, "duration overflow"));
}

const joinedCost = (args: readonly Value[]) => traversal(sizeOf(args[0]!) + sizeOf(args[1]!));

function joinedBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

const add = declare(
  "_+_",
  overload("add_bytes", ["bytes", "bytes"], "bytes", joinedBytes, joinedCost),
  doubles("add_double", (a, b) => a + b),
  overload("add_duration_duration", ["duration", "duration"], "duration", (a, b) => duration(a.nanos + b.nanos)),
  overload("add_duration_timestamp", ["duration", "timestamp"], "timestamp", (a, b) => timestamp(a.nanos + b.nanos)),
  overload("add_timestamp_duration", ["timestamp", "duration"], "timestamp", (a, b) => timestamp(a.nanos + b.nanos)),
  ints("add_int64", (a, b) => a + b),
  overload("add_list", ["list(A)", "list(A)"], "list(A)", (a, b) => (a.size === 0 && b instanceof ArrayList ? b : new JoinedList(a, b))),
  overload("add_string", ["string", "string"], "string", (a, b) => a + b, joinedCost),
  uints("add_uint64", (a, b) => a + b),
);

const subtract = declare(
  "_-_",
  doubles("subtract_double", (a, b) => a - b),
  overload("subtract_duration_duration", ["duration", "duration"], "duration", (a, b) => duration(a.nanos - b.nanos)),
  ints("subtract_int64", (a, b) => a - b),
  overload("subtract_timestamp_duration", ["timestamp", "duration"], "timestamp", (a, b) => timestamp(a.nanos - b.nanos)),
  overload("subtract_timestamp_timestamp", ["timestamp", "timestamp"], "duration", (a: Timestamp, b: Timestamp) => duration(a.nanos - b.nanos)),
  uints("subtract_uint64", (a, b) => a - b),
);

const multiply = declare(
  "_*_",
  doubles("multiply_double", (a, b) => a * b),
  ints("multiply_int64", (a, b) => a * b),
  uints("multiply_uint64", (a, b) => a * b),
);

const divide = declare(
  "_/_",
  doubles("divide_double", (a, b) => a / b),
  ints("divide_int64", divided),
  uints("divide_uint64", divided),
);
const modulo = declare("_%_", ints("modulo_int64", remainder), uints("modulo_uint64", remainder));

const negate = declare(
  "-_",
  overload("negate_double", ["double"], "double", (a) => -a),
  overload("negate_int64", ["int"], "int", (a) => int(-a, "integer overflow")),
);

export const arithmetic = [add, subtract, multiply, divide, modulo, negate];
