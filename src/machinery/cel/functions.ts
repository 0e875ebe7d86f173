/** Functions: their overloads, by signature, with what they do and what they cost. */
import { parseType, type Type } from "./types.ts";
import { CelList, CelMap, Duration, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from "./values.ts";

/** Counts work that costs do not: a function that may do much for little cost says so before it does it. */
export interface Meter {
  /** A unit is some 20 ns. Throws when an evaluation has had its share. */
  spend(units: number): void;
}

export interface Overload {
  /** As cel-go and Kubernetes call it. */
  readonly id: string;
  readonly isMember: boolean;
  readonly args: readonly Type[];
  readonly result: Type;
  /** Throws a Failure. Operators that decide what is evaluated have none: the planner knows them. */
  readonly call: ((args: readonly Value[], meter: Meter) => Value) | undefined;
  /** Units; 1 where it is absent. */
  readonly cost: ((args: readonly Value[], result: Value) => number) | undefined;
  /** Whether a value is what the signature asks for, argument by argument. */
  readonly accepts: readonly ((value: Value) => boolean)[];
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
}

/** How a value of a type written in a signature looks in TypeScript. */
export type Argument<T extends string> = T extends "string"
  ? string
  : T extends "int"
    ? bigint
    : T extends "double"
      ? number
      : T extends "bool"
        ? boolean
        : T extends "bytes"
          ? Uint8Array
          : T extends "uint"
            ? Uint
            : T extends "timestamp"
              ? Timestamp
              : T extends "duration"
                ? Duration
                : T extends `list(${string})`
                  ? CelList
                  : T extends `map(${string})`
                    ? CelMap
                    : T extends `optional(${string})`
                      ? Optional
                      : Value;

type Arguments<A extends readonly string[]> = { -readonly [K in keyof A]: Argument<A[K]> };
type Call<A extends readonly string[]> = (...args: [...Arguments<A>, Meter]) => Value;
type Cost<A extends readonly string[]> = (args: Arguments<A>, result: Value) => number;

/** `f(a)`. */
export function overload<const A extends readonly string[]>(id: string, args: A, result: string, call?: Call<A>, cost?: Cost<A>): Overload {
  return declared(id, false, args, result, call, cost);
}

/** `a.f()`: the first argument is what it is called on. */
export function member<const A extends readonly string[]>(id: string, args: A, result: string, call?: Call<A>, cost?: Cost<A>): Overload {
  return declared(id, true, args, result, call, cost);
}

type AnyCall = (...args: [...Value[], Meter]) => Value;
type AnyCost = (args: Value[], result: Value) => number;

/** The arguments have been checked against the signature before either is called. */
function declared(id: string, isMember: boolean, args: readonly string[], result: string, call: unknown, cost: unknown): Overload {
  const types = args.map(parseType);
  const run = call as AnyCall | undefined;
  const charge = cost as AnyCost | undefined;
  return {
    id,
    isMember,
    args: types,
    result: parseType(result),
    call: run === undefined ? undefined : (values, meter) => run(...values, meter),
    cost: charge === undefined ? undefined : (values, value) => charge(values as Value[], value),
    accepts: types.map(acceptor),
  };
}

export function declare(name: string, ...overloads: Overload[]): FunctionDeclaration {
  return { name, overloads };
}

/** Whether a value at run time is of the type: dyn arguments are only known then. Elements are not looked at. */
function acceptor(type: Type): (value: Value) => boolean {
  switch (type.kind) {
    case "bool":
      return (value) => typeof value === "boolean";
    case "int":
      return (value) => typeof value === "bigint";
    case "double":
      return (value) => typeof value === "number";
    case "string":
      return (value) => typeof value === "string";
    case "uint":
      return (value) => value instanceof Uint;
    case "bytes":
      return (value) => value instanceof Uint8Array;
    case "timestamp":
      return (value) => value instanceof Timestamp;
    case "duration":
      return (value) => value instanceof Duration;
    case "list":
      return (value) => value instanceof CelList;
    case "map":
      return (value) => value instanceof CelMap;
    case "type":
      return (value) => value instanceof TypeValue;
    case "opaque":
      return type.name === "optional_type" ? (value) => value instanceof Optional : (value) => value instanceof Opaque && value.typeName === type.name;
    default:
      return () => true;
  }
}

/** Several libraries may add overloads to one function. */
export function functionTable(libraries: readonly (readonly FunctionDeclaration[])[]): Map<string, FunctionDeclaration> {
  const table = new Map<string, FunctionDeclaration>();
  for (const { name, overloads } of libraries.flat()) {
    table.set(name, { name, overloads: [...(table.get(name)?.overloads ?? []), ...overloads] });
  }
  return table;
}
