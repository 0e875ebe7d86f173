/**
 * A checked tree to closures. What each step costs is what cel-go's tracker charges with the options of Kubernetes
 * (optimised, has() free): 1 for a variable and for every field or index, 10 for a list, 30 for a map, 40 for an object,
 * nothing for literals and lists of literals; calls cost what their functions say.
 */
import type { CallNode, ComprehensionNode, ListNode, MapNode, Node, SelectNode, StructNode } from "./ast.ts";
import type { CheckedExpression } from "./checker.ts";
import { sameValue } from "./equality.ts";
import { Frame, type Step } from "./frame.ts";
import type { Overload } from "./functions.ts";
import { regexProblem } from "./regex/match.ts";
import {
  ArrayList,
  CelList,
  CelMap,
  EntryMap,
  Failure,
  fail,
  GrowingMap,
  keyText,
  Optional,
  StructValue,
  TypeValue,
  typeNameOf,
  type Value,
} from "./values.ts";

const listCost = 10;
const mapCost = 30;
const structCost = 40;

export function planExpression(checked: CheckedExpression): Step {
  return new Planner(checked).plan(checked.root);
}

/** Conversions of literals are done once, when the expression is compiled. */
const conversions = new Set(["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"]);

class Planner {
  readonly #checked: CheckedExpression;
  /** Slots of local variables: a name may be hidden by an inner one. */
  readonly #slots = new Map<string, number[]>();
  readonly #constants = new Map<Step, Value>();
  #depth = 0;

  constructor(checked: CheckedExpression) {
    this.#checked = checked;
  }

  plan(node: Node): Step {
    switch (node.kind) {
      case "literal":
        return this.#constant(node.value);
      case "ident":
      case "select":
        return this.#named(node) ?? this.#local(node) ?? this.#select(node as SelectNode);
      case "call":
        return this.#call(node);
      case "list":
        return this.#list(node);
      case "map":
        return this.#map(node);
      case "struct":
        return this.#struct(node);
      case "comprehension":
        return this.#comprehension(node);
    }
  }

  #constant(value: Value): Step {
    const step = () => value;
    this.#constants.set(step, value);
    return step;
  }

  #named(node: Node): Step | undefined {
    const name = this.#checked.names.get(node.id);
    if (name === undefined) return undefined;
    const type = this.#checked.typeOf(node);
    if (type.kind === "type") return this.#constant(new TypeValue(name));
    return (frame) => {
      frame.charge(1);
      return frame.global(name);
    };
  }

  #local(node: Node): Step | undefined {
    const slot = node.kind === "ident" ? this.#slots.get(node.name)?.at(-1) : undefined;
    if (slot === undefined) return undefined;
    return (frame) => {
      frame.charge(1);
      const value = frame.locals[slot];
      if (value instanceof Failure) throw value;
      return value as Value;
    };
  }

  /** Fields of what a function gave cost one more than those of a variable: cel-go makes an attribute of it first. */
  #operand(node: Node): Step {
    const step = this.plan(node);
    if (isAttribute(node) && !this.#constants.has(step)) return step;
    return (frame) => {
      const value = step(frame);
      frame.charge(1);
      return value;
    };
  }

  #select({ operand, field, testOnly }: SelectNode): Step {
    const target = this.#operand(operand);
    if (testOnly) return (frame) => hasField(target(frame), field);
    return (frame) => {
      const value = target(frame);
      frame.charge(1);
      return fieldOf(value, field);
    };
  }

  #call(node: CallNode): Step {
    switch (node.function) {
      case "_&&_":
        return this.#shortcut(node, false);
      case "_||_":
        return this.#shortcut(node, true);
      case "_?_:_":
        return this.#conditional(node);
      case "@not_strictly_false":
        return this.#notStrictlyFalse(node);
      case "_[_]":
        return this.#index(node, indexOf);
      case "_?._":
      case "_[?_]":
        return this.#index(node, optionalIndexOf);
      case "or":
      case "orValue":
        return this.#alternative(node) ?? this.#function(node);
      case "@in":
        return this.#membership(node);
      default:
        return this.#function(node);
    }
  }

  /** `true || …` and `false && …`, from either side: an error on one side gives way to the value that decides. */
  #shortcut({ args, function: name }: CallNode, decisive: boolean): Step {
    const [left, right] = args.map((arg) => this.plan(arg)) as [Step, Step];
    return (frame) => {
      const first = outcome(left, frame);
      if (first === decisive) return decisive;
      const second = outcome(right, frame);
      if (second === decisive) return decisive;
      if (first instanceof Failure) throw first;
      if (second instanceof Failure) throw second;
      if (typeof first !== "boolean" || typeof second !== "boolean") return noOverload(name, [first, second]);
      return !decisive;
    };
  }

  #conditional({ args }: CallNode): Step {
    const [condition, yes, no] = args.map((arg) => this.plan(arg)) as [Step, Step, Step];
    const refunds = args.slice(1).map((arg) => (isAttribute(arg) && !this.#isConstant(arg) ? 1 : 0));
    return (frame) => {
      const chosen = condition(frame);
      if (typeof chosen !== "boolean") return noOverload("_?_:_", [chosen]);
      // cel-go looks attributes up in a branch without the price of the variable.
      frame.cost -= refunds[chosen ? 0 : 1]!;
      return chosen ? yes(frame) : no(frame);
    };
  }

  #isConstant(node: Node): boolean {
    return this.#checked.names.has(node.id) && this.#checked.typeOf(node).kind === "type";
  }

  #notStrictlyFalse({ args }: CallNode): Step {
    const inner = this.plan(args[0]!);
    return (frame) => {
      const value = outcome(inner, frame);
      frame.charge(1);
      return value !== false;
    };
  }

  #index({ args }: CallNode, look: (target: Value, index: Value) => Value): Step {
    const target = this.#operand(args[0]!);
    const index = this.plan(args[1]!);
    const refund = isAttribute(args[1]!) ? 1 : 0;
    return (frame) => {
      const value = target(frame);
      frame.cost -= refund;
      const at = index(frame);
      const found = look(value, at);
      // What is not there costs nothing to look for.
      if (!(found instanceof Optional) || found.value !== undefined) frame.charge(1);
      return found;
    };
  }

  /** optional.or(other) and optional.orValue(value): the second is only looked at where there is no first. */
  #alternative(node: CallNode): Step | undefined {
    if (node.target === undefined || node.args.length !== 1) return undefined;
    const [first, second] = [this.plan(node.target), this.plan(node.args[0]!)];
    const unwraps = node.function === "orValue";
    return (frame) => {
      const optional = first(frame);
      if (!(optional instanceof Optional)) return noOverload(node.function, [optional]);
      if (optional.value === undefined) return second(frame);
      return unwraps ? optional.value : optional;
    };
  }

  #membership(node: CallNode): Step {
    const [item, range] = node.args.map((arg) => this.plan(arg)) as [Step, Step];
    const constant = this.#constants.get(range);
    const isListForSure = this.#checked.overloads.get(node.id)?.length === 1;
    if (isListForSure && constant instanceof CelList) return membershipOf(item, constant);
    return (frame) => {
      const value = item(frame);
      const within = range(frame);
      if (within instanceof CelMap) {
        frame.charge(1);
        return within.has(value);
      }
      if (!(within instanceof CelList)) return noOverload("@in", [value, within]);
      frame.charge(within.size);
      for (let index = 0; index < within.size; index++) if (sameValue(within.at(index), value, frame)) return true;
      return false;
    };
  }

  #function(node: CallNode): Step {
    const overloads = this.#checked.overloads.get(node.id)!;
    const isMember = node.target !== undefined && !this.#checked.namespaced.has(node.id);
    const nodes = isMember ? [node.target!, ...node.args] : node.args;
    const args = nodes.map((arg) => this.plan(arg));
    const name = this.#checked.namespaced.get(node.id) ?? node.function;
    const run = dispatcher(name, overloads);
    checkPattern(name, args[1] === undefined ? undefined : this.#constants.get(args[1]));
    const fixed = args.map((arg) => this.#constants.get(arg));
    if (conversions.has(name) && fixed.length === 1 && fixed[0] !== undefined) return this.#folded(run, fixed[0]);
    if (args.length === 1) return unary(args[0]!, run);
    if (args.length === 2) return binary(args[0]!, args[1]!, run);
    return (frame) =>
      run(
        args.map((arg) => arg(frame)),
        frame,
      );
  }

  #folded(run: Run, arg: Value): Step {
    return this.#constant(run([arg], new Frame(() => undefined, Number.POSITIVE_INFINITY)));
  }

  #list({ elements, optional }: ListNode): Step {
    const steps = elements.map((element) => this.plan(element));
    const fixed = optional.size === 0 && steps.every((step) => this.#constants.has(step));
    if (fixed) return this.#constant(new ArrayList(steps.map((step) => this.#constants.get(step)!)));
    return (frame) => {
      const items: Value[] = [];
      for (const [index, step] of steps.entries()) {
        const value = step(frame);
        if (!optional.has(index)) items.push(value);
        else if (asOptional(value).value !== undefined) items.push(asOptional(value).value!);
      }
      frame.charge(listCost);
      return new ArrayList(items);
    };
  }

  #map({ entries }: MapNode): Step {
    const steps = entries.map(({ key, value, optional }) => ({ key: this.plan(key), value: this.plan(value), optional }));
    const isKey = (step: Step) => this.#constants.has(step) && keyText(this.#constants.get(step)!) !== undefined;
    const fixed = steps.every(({ key, value, optional }) => !optional && isKey(key) && this.#constants.has(value));
    const build = (frame: Frame): Value => {
      const built = new Map<string, readonly [Value, Value]>();
      for (const { key, value, optional } of steps) addEntry(built, key(frame), value(frame), optional);
      return new EntryMap(built);
    };
    if (fixed) return this.#constant(build(new Frame(() => undefined, 0)));
    return (frame) => {
      const value = build(frame);
      frame.charge(mapCost);
      return value;
    };
  }

  #struct({ typeName, fields }: StructNode): Step {
    const steps = fields.map(({ name, value, optional }) => ({ name, value: this.plan(value), optional }));
    const fullName = typeName.replace(/^\./, "");
    return (frame) => {
      const values = new Map<string, Value>();
      for (const { name, value, optional } of steps) {
        const given = value(frame);
        const present = optional ? asOptional(given).value : given;
        if (present !== undefined) values.set(name, present);
      }
      frame.charge(structCost);
      return new StructValue(fullName, values);
    };
  }

  #comprehension(node: ComprehensionNode): Step {
    const range = this.plan(node.range);
    const init = this.plan(node.init);
    const accumulated = this.#slot(node.accumulator);
    const first = this.#slot(node.variable);
    const second = node.variable2 === undefined ? undefined : this.#slot(node.variable2);
    const [condition, step] = [this.plan(node.condition), this.plan(node.step)];
    this.#release(node.variable2);
    this.#release(node.variable);
    const result = this.plan(node.result);
    this.#release(node.accumulator);
    const isBinding = node.variable === "#unused";
    if (isBinding) return binding(init, accumulated, result);
    const growing = node.init.kind === "map";
    const loop: Loop = { accumulated, first, second, condition, step };
    return (frame) => {
      const over = range(frame);
      const start = outcome(init, frame);
      frame.locals[accumulated] = growing ? new GrowingMap() : start;
      fold(frame, over, loop);
      return result(frame);
    };
  }

  #slot(name: string): number {
    const slots = this.#slots.get(name) ?? [];
    this.#slots.set(name, slots);
    slots.push(this.#depth);
    return this.#depth++;
  }

  #release(name: string | undefined): void {
    if (name === undefined) return;
    this.#slots.get(name)!.pop();
  }
}

/** Variables, their fields and elements, and choices among them. */
function isAttribute(node: Node): boolean {
  if (node.kind === "ident") return true;
  if (node.kind === "select") return !node.testOnly;
  return node.kind === "call" && ["_[_]", "_[?_]", "_?._", "_?_:_"].includes(node.function);
}

function outcome(step: Step, frame: Frame): Value | Failure {
  try {
    return step(frame);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function asOptional(value: Value): Optional {
  return value instanceof Optional ? value : fail(`cannot initialize optional entry from non-optional value ${typeNameOf(value)}`);
}

function addEntry(built: Map<string, readonly [Value, Value]>, key: Value, given: Value, optional: boolean): void {
  const value = optional ? asOptional(given).value : given;
  if (value === undefined) return;
  const text = keyText(key);
  if (text === undefined) fail(`unsupported key type: ${typeNameOf(key)}`);
  built.set(text, [key, value]);
}

function keyShown(key: Value): string {
  return typeof key === "object" && key !== null && "value" in key ? String(key.value) : String(key);
}

interface Loop {
  readonly accumulated: number;
  readonly first: number;
  readonly second: number | undefined;
  readonly condition: Step;
  readonly step: Step;
}

function fold(frame: Frame, over: Value, loop: Loop): void {
  if (over instanceof CelList) {
    for (let index = 0; index < over.size; index++) {
      const item = over.at(index);
      if (!turn(frame, loop, loop.second === undefined ? item : BigInt(index), item)) return;
    }
  } else if (over instanceof CelMap) {
    for (const key of over.keys()) if (!turn(frame, loop, key, loop.second === undefined ? null : over.get(key)!)) return;
  } else fail(`got '${typeNameOf(over)}', expected iterable type`);
}

/** One turn of the loop; false to leave it. An error becomes what is accumulated, for a later turn to absorb. */
function turn(frame: Frame, { accumulated, first, second, condition, step }: Loop, key: Value, item: Value): boolean {
  const { locals } = frame;
  locals[first] = key;
  if (second !== undefined) locals[second] = item;
  if (condition(frame) !== true) return false;
  locals[accumulated] = outcome(step, frame);
  return true;
}

/** An error in the value only counts where the variable is used. */
function binding(init: Step, slot: number, result: Step): Step {
  return (frame) => {
    frame.locals[slot] = outcome(init, frame);
    return result(frame);
  };
}

/** A pattern that stands in the expression is read when it is compiled. */
function checkPattern(name: string, pattern: Value | undefined): void {
  if ((name !== "find" && name !== "findAll") || typeof pattern !== "string") return;
  const problem = regexProblem(pattern);
  if (problem !== undefined) fail(problem);
}

type Run = (args: readonly Value[], frame: Frame) => Value;

function unary(arg: Step, run: Run): Step {
  return (frame) => run([arg(frame)], frame);
}

function binary(left: Step, right: Step, run: Run): Step {
  return (frame) => run([left(frame), right(frame)], frame);
}

function dispatcher(name: string, overloads: readonly Overload[]): Run {
  // The one that fitted last will most likely fit again.
  let last = overloads[0]!;
  return (args, frame) => {
    if (!fits(last, args)) last = overloads.find((overload) => fits(overload, args)) ?? last;
    if (last.call === undefined || !fits(last, args)) return noOverload(name, args);
    const value = last.call(args, frame);
    frame.charge(last.cost === undefined ? 1 : last.cost(args, value));
    return value;
  };
}

function fits({ accepts }: Overload, args: readonly Value[]): boolean {
  for (let index = 0; index < accepts.length; index++) if (!accepts[index]!(args[index]!)) return false;
  return true;
}

function noOverload(name: string, args: readonly (Value | Failure)[]): never {
  if (args.some((arg) => arg instanceof Failure)) throw args.find((arg) => arg instanceof Failure);
  return fail(
    name.startsWith("_") || name.startsWith("@") || name.startsWith("!") || name.startsWith("-")
      ? "no such overload"
      : `no such overload: ${name}(${(args as Value[]).map(typeNameOf).join(", ")})`,
  );
}

/** Lists of literals are searched as sets, for nothing. */
function membershipOf(item: Step, list: CelList): Step {
  const texts = new Set([...list].map(keyText));
  const known = !texts.has(undefined);
  return (frame) => {
    const value = item(frame);
    const text = keyText(value);
    return known ? text !== undefined && texts.has(text) : [...list].some((element) => sameValue(element, value, frame));
  };
}

/** null is a value. */
function present(value: Value | undefined, key: Value): Value {
  return value === undefined ? fail(`no such key: ${keyShown(key)}`) : value;
}

function fieldOf(target: Value, field: string): Value {
  if (target instanceof CelMap) return present(target.get(field), field);
  if (target instanceof Optional) return target.value === undefined ? target : optionalIndexOf(target.value, field);
  return fail(`no such key: ${field}`);
}

function hasField(target: Value, field: string): boolean {
  if (target instanceof CelMap) return target.has(field);
  if (target instanceof Optional) return target.value !== undefined && hasField(target.value, field);
  return target instanceof CelList ? fail("unsupported index type 'string' in list") : false;
}

function indexOf(target: Value, index: Value): Value {
  if (target instanceof CelMap) {
    if (keyText(index) === undefined && typeof index !== "number") fail(`unsupported key type: ${typeNameOf(index)}`);
    return present(target.get(index), index);
  }
  if (target instanceof CelList) return target.at(listIndex(target, index));
  if (target instanceof Optional) return target.value === undefined ? target : new Optional(indexOf(target.value, index));
  return fail("no such overload");
}

function listIndex(list: CelList, index: Value): number {
  const text = keyText(index);
  if (text === undefined || text[0] !== "n") fail(`unsupported index type '${typeNameOf(index)}' in list`);
  const at = Number(text.slice(1));
  return at >= 0 && at < list.size ? at : fail(`index out of bounds: ${text.slice(1)}`);
}

function optionalIndexOf(target: Value, index: Value): Value {
  if (target instanceof Optional) return target.value === undefined ? target : optionalIndexOf(target.value, index);
  if (target instanceof CelMap) return new Optional(target.get(index));
  if (!(target instanceof CelList)) return fail("no such overload");
  const text = keyText(index);
  const at = text === undefined ? -1 : Number(text.slice(1));
  return new Optional(at >= 0 && at < target.size ? target.at(at) : undefined);
}
