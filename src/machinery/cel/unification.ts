/** Which types may stand for which (cel-go's checker/types.go): parameters are bound as arguments are met. */
import { dynType, isDyn, listOf, mapOf, opaque, paramsOf, sameType, type Type } from "./types.ts";

/** What parameters stand for, by their names. A trial that fails is undone: copies would cost as much as all trials before. */
export class Substitutions {
  readonly #bound = new Map<string, Type>();
  /** What names stood for before, newest last. */
  readonly #undo: (readonly [name: string, before: Type | undefined])[] = [];

  bind(name: string, type: Type): void {
    this.#undo.push([name, this.#bound.get(name)]);
    this.#bound.set(name, type);
  }

  /** Keeps what the trial has bound if it succeeds. */
  attempt(trial: () => boolean): boolean {
    const start = this.#undo.length;
    if (trial()) return true;
    while (this.#undo.length > start) {
      const [name, before] = this.#undo.pop()!;
      if (before === undefined) this.#bound.delete(name);
      else this.#bound.set(name, before);
    }
    return false;
  }

  find(type: Type): Type | undefined {
    return type.kind === "param" ? this.#bound.get(type.name) : undefined;
  }

  /** The type with its bound parameters replaced; with `toDyn`, also the others, by dyn. */
  apply(type: Type, toDyn = false): Type {
    if (type.kind === "param") {
      const bound = this.find(type);
      return bound !== undefined ? this.apply(bound, toDyn) : toDyn ? dynType : type;
    }
    if (!("params" in type) || type.params.length === 0) return type;
    const params = type.params.map((param) => this.apply(param, toDyn));
    if (type.kind === "list") return listOf(params[0]!);
    if (type.kind === "map") return mapOf(params[0]!, params[1]!);
    return type.kind === "opaque" ? opaque(type.name, ...params) : { kind: "type", params };
  }
}

/** Whether every type of the one list may stand for that of the other; if so, parameters are bound accordingly. */
export function assignable(substitutions: Substitutions, from: readonly Type[], to: readonly Type[]): boolean {
  return substitutions.attempt(() => listAssignable(substitutions, from, to));
}

function listAssignable(trial: Substitutions, from: readonly Type[], to: readonly Type[]): boolean {
  return from.length === to.length && from.every((type, index) => isAssignable(trial, type, to[index]!));
}

function isAssignable(trial: Substitutions, a: Type, b: Type): boolean {
  if (b.kind === "param") {
    const { valid, bound } = substitute(trial, a, b);
    if (valid || bound) return valid;
  }
  if (a.kind === "param") return substitute(trial, b, a).valid;
  if (isDyn(a) || isDyn(b) || a.kind === "error" || b.kind === "error") return true;
  if (a.kind === "null") return isNullable(b);
  if (b.kind === "null") return isNullable(a);
  if (a.kind === "type") return b.kind === "type";
  if (a.kind === "list" || a.kind === "map" || a.kind === "opaque") {
    return a.kind === b.kind && (a.kind !== "opaque" || b.kind !== "opaque" || a.name === b.name) && listAssignable(trial, a.params, paramsOf(b));
  }
  return sameType(a, b);
}

function isNullable({ kind }: Type): boolean {
  return kind === "null" || kind === "opaque" || kind === "object" || kind === "timestamp" || kind === "duration";
}

/** Whether the parameter can stand for the type; `bound`: it stood for one before. */
function substitute(trial: Substitutions, type: Type, param: Type & { kind: "param" }): { valid: boolean; bound: boolean } {
  if (sameType(type, param)) return { valid: true, bound: true };
  const bound = trial.find(param);
  if (bound !== undefined) {
    if (sameType(type, bound)) return { valid: true, bound: true };
    if (!isAssignable(trial, type, bound)) return { valid: false, bound: true };
    const general = mostGeneral(type, bound);
    if (!occurs(trial, param, general)) trial.bind(param.name, general);
    return { valid: true, bound: true };
  }
  if (occurs(trial, param, type)) return { valid: false, bound: false };
  trial.bind(param.name, type);
  return { valid: true, bound: false };
}

function occurs(trial: Substitutions, param: Type & { kind: "param" }, within: Type): boolean {
  if (sameType(param, within)) return true;
  if (within.kind === "param") {
    const bound = trial.find(within);
    return bound !== undefined && occurs(trial, param, bound);
  }
  return paramsOf(within).some((inner) => occurs(trial, param, inner));
}

/** The one that covers the other; they are known to unify. */
export function mostGeneral(a: Type, b: Type): Type {
  return isAsGeneral(a, b) ? a : b;
}

function isAsGeneral(a: Type, b: Type): boolean {
  if (isDyn(a) || a.kind === "param") return true;
  if (isDyn(b) || b.kind === "param" || a.kind !== b.kind) return false;
  if (a.kind === "type") return true;
  if (!("params" in a)) return sameType(a, b);
  const others = paramsOf(b);
  const sameName = a.kind !== "opaque" || b.kind !== "opaque" || a.name === b.name;
  return sameName && a.params.length === others.length && a.params.every((param, index) => isAsGeneral(param, others[index]!));
}
