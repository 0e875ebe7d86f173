/** Static types: gives every node its type, every call its overloads; reports what cannot be, in cel-go's words. */
import type { CallNode, ComprehensionNode, ListNode, MapNode, Node, ParsedExpression, SelectNode, StructNode } from "./ast.ts";
import type { FunctionDeclaration, Overload } from "./functions.ts";
import { qualifiedName } from "./parser.ts";
import type { Issue } from "./source.ts";
import {
  boolType,
  bytesType,
  doubleType,
  dynType,
  errorType,
  type FieldDeclaration,
  intType,
  isDyn,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  sameType,
  stringType,
  type Type,
  typeOf,
  typeText,
  uintType,
  unwrapOptional,
} from "./types.ts";
import { assignable, mostGeneral, Substitutions } from "./unification.ts";

export interface Declarations {
  readonly variables: ReadonlyMap<string, Type>;
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  /** Types by the names that expressions use for them: `int`, `Object.spec`. */
  type(name: string): Type | undefined;
}

/** What the checker found out about nodes, by their ids. */
export interface CheckedExpression extends ParsedExpression {
  readonly resultType: Type;
  typeOf(node: Node): Type;
  /** A select that is a variable's qualified name, or an identifier that is not local; undefined for locals. */
  readonly names: ReadonlyMap<number, string>;
  readonly overloads: ReadonlyMap<number, readonly Overload[]>;
  /** Calls whose target is part of their function's name, by that name. */
  readonly namespaced: ReadonlyMap<number, string>;
}

export type CheckResult =
  | { readonly checked: CheckedExpression; readonly issues?: undefined }
  | { readonly issues: readonly Issue[]; readonly checked?: undefined };

export function checkExpression(parsed: ParsedExpression, declarations: Declarations): CheckResult {
  const checker = new Checker(declarations);
  checker.check(parsed.root);
  if (checker.issues.length > 0) return { issues: checker.issues };
  const { names, overloads, namespaced } = checker;
  const typeOfNode = (node: Node) => checker.finalType(node);
  return { checked: { ...parsed, resultType: typeOfNode(parsed.root), typeOf: typeOfNode, names, overloads, namespaced } };
}

class Checker {
  readonly issues: Issue[] = [];
  readonly names = new Map<number, string>();
  readonly overloads = new Map<number, readonly Overload[]>();
  readonly namespaced = new Map<number, string>();
  readonly #declarations: Declarations;
  readonly #types = new Map<number, Type>();
  readonly #locals = new Map<string, Type[]>();
  readonly #substitutions = new Substitutions();
  #variables = 0;

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  finalType(node: Node): Type {
    return this.#substitutions.apply(this.#types.get(node.id) ?? errorType, true);
  }

  check(node: Node): Type {
    const type = this.#typeOf(node);
    this.#types.set(node.id, type);
    return type;
  }

  #typeOf(node: Node): Type {
    switch (node.kind) {
      case "literal":
        return literalType(node.value);
      case "ident":
        return this.#ident(node.id, node.name) ?? this.#undeclared(node.position, node.name);
      case "select":
        return this.#select(node);
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

  #report(position: number, message: string): Type {
    this.issues.push({ position, message });
    return errorType;
  }

  #undeclared(position: number, name: string): Type {
    return this.#report(position, `undeclared reference to '${name}' (in container '')`);
  }

  /** A leading dot passes over local variables. */
  #ident(id: number, written: string): Type | undefined {
    const name = written.startsWith(".") ? written.slice(1) : written;
    const local = name === written ? this.#locals.get(name)?.at(-1) : undefined;
    if (local !== undefined) return local;
    const variable = this.#declarations.variables.get(name);
    if (variable !== undefined) this.names.set(id, name);
    if (variable !== undefined) return variable;
    const type = this.#declarations.type(name);
    if (type === undefined) return undefined;
    this.names.set(id, name);
    return typeOf(type);
  }

  #select(node: SelectNode): Type {
    const name = node.testOnly ? undefined : qualifiedName(node);
    // A local variable hides the qualified names that begin with it.
    const isLocal = name !== undefined && (this.#locals.get(name.slice(0, name.indexOf(".")))?.length ?? 0) > 0;
    const qualified = name === undefined || isLocal ? undefined : this.#ident(node.id, name);
    if (qualified !== undefined) return qualified;
    const type = this.#field(node, node.operand, node.field, false);
    return node.testOnly ? boolType : this.#substitutions.apply(type);
  }

  #field(node: Node, operand: Node, field: string, optional: boolean): Type {
    const operandType = this.#substitutions.apply(this.check(operand));
    const unwrapped = unwrapOptional(operandType);
    const type = this.#fieldOf(node, unwrapped ?? operandType, field);
    return optional || unwrapped !== undefined ? optionalOf(type) : type;
  }

  #fieldOf(node: Node, target: Type, field: string): Type {
    if (target.kind === "map") return target.params[1];
    if (target.kind === "object") return target.declaration.field(field)?.type ?? this.#report(node.position, `undefined field '${field}'`);
    if (target.kind === "opaque") return this.#report(node.position, `unexpected failed resolution of '${target.name}'`);
    if (target.kind === "param") this.#unify([dynType], [target]);
    else if (!isDyn(target) && target.kind !== "error") this.#report(node.position, `type '${typeText(target)}' does not support field selection`);
    return dynType;
  }

  #call(node: CallNode): Type {
    if (node.function === "_?._") return this.#optionalSelect(node);
    for (const arg of node.args) this.check(arg);
    const { functions } = this.#declarations;
    if (node.target === undefined) {
      const declaration = functions.get(node.function.replace(/^\./, ""));
      return declaration === undefined ? this.#undeclared(node.position, node.function) : this.#resolve(node, declaration, node.args, false);
    }
    const prefix = qualifiedName(node.target);
    const namespaced = prefix === undefined ? undefined : functions.get(`${prefix}.${node.function}`.replace(/^\./, ""));
    if (namespaced !== undefined) {
      this.namespaced.set(node.id, namespaced.name);
      return this.#resolve(node, namespaced, node.args, false);
    }
    this.check(node.target);
    const declaration = functions.get(node.function);
    return declaration === undefined ? this.#undeclared(node.position, node.function) : this.#resolve(node, declaration, [node.target, ...node.args], true);
  }

  #optionalSelect(node: CallNode): Type {
    const [operand, field] = node.args;
    this.#types.set(field!.id, stringType);
    const type = this.#field(node, operand!, (field as { value: string }).value, true);
    // a.?b.?c is one optional, not an optional of one.
    return this.#substitutions.apply(type);
  }

  #resolve(node: CallNode, declaration: FunctionDeclaration, args: readonly Node[], isMember: boolean): Type {
    const types = args.map((arg) => this.#types.get(arg.id)!);
    if (declaration.name === "_&&_" || declaration.name === "_||_") return this.#logical(node, declaration, args, types);
    const found: Overload[] = [];
    let result: Type | undefined;
    for (const candidate of declaration.overloads) {
      if (candidate.isMember !== isMember) continue;
      const fresh = this.#fresh(candidate);
      if (!this.#unify(types, fresh.args)) continue;
      found.push(candidate);
      const type = this.#substitutions.apply(fresh.result);
      if (result === undefined) result = type;
      else if (!isDyn(result) && !sameType(type, result)) result = dynType;
    }
    if (result === undefined) return this.#noOverload(node, declaration.name, types, isMember);
    this.overloads.set(node.id, found);
    return result;
  }

  #logical(node: CallNode, { overloads }: FunctionDeclaration, args: readonly Node[], types: readonly Type[]): Type {
    this.overloads.set(node.id, overloads);
    let type: Type = boolType;
    for (const [index, arg] of args.entries()) {
      if (!this.#unify([types[index]!], [boolType])) type = this.#mismatch(arg, boolType, types[index]!);
    }
    return type;
  }

  #noOverload(node: CallNode, name: string, types: readonly Type[], isMember: boolean): Type {
    const texts = types.map((type) => typeText(this.#substitutions.apply(type, true)));
    const signature = isMember ? `${texts[0]}.(${texts.slice(1).join(", ")})` : `(${texts.join(", ")})`;
    return this.#report(node.position, `found no matching overload for '${name}' applied to '${signature}'`);
  }

  /** The overload with type parameters of its own, so that two calls of a function do not share theirs. */
  #fresh({ args, result }: Overload): { args: readonly Type[]; result: Type } {
    const substitutions = new Substitutions();
    const seen = new Set<string>();
    const visit = (type: Type): void => {
      if (type.kind === "param" && !seen.has(type.name)) {
        seen.add(type.name);
        substitutions.bind(type.name, this.#newVariable());
      }
      if ("params" in type) type.params.forEach(visit);
    };
    [...args, result].forEach(visit);
    if (seen.size === 0) return { args, result };
    return { args: args.map((arg) => substitutions.apply(arg)), result: substitutions.apply(result) };
  }

  #newVariable(): Type {
    return { kind: "param", name: `_var${this.#variables++}` };
  }

  #unify(from: readonly Type[], to: readonly Type[]): boolean {
    return assignable(this.#substitutions, from, to);
  }

  #mismatch(node: Node, expected: Type, found: Type): Type {
    const texts = [expected, found].map((type) => typeText(this.#substitutions.apply(type)));
    return this.#report(node.position, `expected type '${texts[0]}' but found '${texts[1]}'`);
  }

  /** The value's type behind `?`. */
  #unwrapped(value: Node, optional: boolean): Type {
    const type = this.#types.get(value.id)!;
    if (!optional) return type;
    const inner = unwrapOptional(type);
    if (inner === undefined && !isDyn(type)) this.#mismatch(value, optionalOf(type), type);
    return inner ?? type;
  }

  #list({ elements, optional }: ListNode): Type {
    let joined: Type | undefined;
    for (const [index, element] of elements.entries()) {
      this.check(element);
      joined = this.#joined(joined, this.#unwrapped(element, optional.has(index)));
    }
    return listOf(joined ?? this.#newVariable());
  }

  #map({ entries }: MapNode): Type {
    let [keys, values]: [Type | undefined, Type | undefined] = [undefined, undefined];
    for (const { key, value, optional } of entries) {
      keys = this.#joined(keys, this.check(key));
      this.check(value);
      values = this.#joined(values, this.#unwrapped(value, optional));
    }
    return mapOf(keys ?? this.#newVariable(), values ?? this.#newVariable());
  }

  /** Members of several types make it dyn here; literal-checks.ts has the last word. */
  #joined(before: Type | undefined, type: Type): Type {
    if (before === undefined) return type;
    return this.#unify([before], [type]) ? mostGeneral(before, type) : dynType;
  }

  #struct(node: StructNode): Type {
    const type = this.#declarations.type(node.typeName.replace(/^\./, ""));
    if (type === undefined) return this.#undeclared(node.position, node.typeName);
    if (type.kind !== "object") return this.#report(node.position, `'${typeText(type)}' is not a message type`);
    for (const { position, name, value, optional } of node.fields) {
      this.check(value);
      const field = this.#declaredField(type.declaration.field(name), position, name);
      const found = this.#unwrapped(value, optional);
      if (!this.#unify([field], [found])) {
        this.#report(position, `expected type of field '${name}' is '${typeText(field)}' but provided type is '${typeText(this.#substitutions.apply(found))}'`);
      }
    }
    return type;
  }

  #declaredField(field: FieldDeclaration | undefined, position: number, name: string): Type {
    return field?.type ?? this.#report(position, `undefined field '${name}'`);
  }

  #comprehension(node: ComprehensionNode): Type {
    const range = this.#substitutions.apply(this.check(node.range));
    const accumulated = this.check(node.init);
    const [first, second] = this.#iterated(node, range);
    this.#within(node.accumulator, accumulated, () => {
      this.#within(node.variable, first, () => this.#within(node.variable2, second, () => this.#loop(node, accumulated)));
      this.check(node.result);
    });
    return this.#substitutions.apply(this.#types.get(node.result.id)!);
  }

  #loop(node: ComprehensionNode, accumulated: Type): void {
    const condition = this.check(node.condition);
    if (!this.#unify([boolType], [condition])) this.#mismatch(node.condition, boolType, condition);
    const step = this.check(node.step);
    if (!this.#unify([accumulated], [step])) this.#mismatch(node.step, accumulated, step);
  }

  /** The types of the loop's variables. */
  #iterated({ range: node, variable2 }: ComprehensionNode, range: Type): [Type, Type] {
    if (range.kind === "list") return variable2 === undefined ? [range.params[0], dynType] : [intType, range.params[0]];
    if (range.kind === "map") return [range.params[0], range.params[1]];
    if (range.kind === "dyn" || range.kind === "error" || range.kind === "param") {
      this.#unify([dynType], [range]);
      return [dynType, dynType];
    }
    this.#report(node.position, `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`);
    return [errorType, errorType];
  }

  #within(name: string | undefined, type: Type, check: () => void): void {
    const stack = (name === undefined ? undefined : this.#locals.get(name)) ?? [];
    if (name !== undefined) this.#locals.set(name, stack);
    stack.push(type);
    check();
    stack.pop();
  }
}

function literalType(value: unknown): Type {
  if (value === null) return nullType;
  if (typeof value === "boolean") return boolType;
  if (typeof value === "bigint") return intType;
  if (typeof value === "number") return doubleType;
  if (typeof value === "string") return stringType;
  return value instanceof Uint8Array ? bytesType : uintType;
}
