/**
 * What an expression may cost, before it runs, by the sizes that its variables are declared to have: what rules of custom
 * resources are refused by. The arithmetic is that of cel-go's checker.
 */
import type { CallNode, ComprehensionNode, Node, SelectNode } from "./ast.ts";
import type { CheckedExpression } from "./checker.ts";
import { type CallEstimate, type EstimateNode, kubernetesEstimates, standardEstimates } from "./function-estimates.ts";
import { exactly, plus, type Range, sum, times, union, unknown } from "./ranges.ts";
import { paramsOf, type Type, unwrapOptional } from "./types.ts";
import { textSize } from "./values.ts";

/**
 * The most characters, bytes, elements or entries of what lies at a path: a variable, then field names, `@items`, `@keys`
 * and `@values`. Undefined where it is not known.
 */
export type SizeEstimator = (path: readonly string[]) => number | undefined;

/** Infinity as the most: nothing bounds it. */
export function estimateCost(checked: CheckedExpression, sizes: SizeEstimator = () => undefined): Range {
  return new Coster(checked, sizes).cost(checked.root);
}

interface Entries {
  readonly key: Range;
  readonly value: Range;
}

interface Local {
  readonly path: readonly string[] | undefined;
  readonly size: Range | undefined;
  readonly entries: Entries | undefined;
}

const listCost = exactly(10);
const mapCost = exactly(30);
const structCost = exactly(40);

class Coster {
  readonly #checked: CheckedExpression;
  readonly #estimate: SizeEstimator;
  readonly #paths = new Map<number, readonly string[]>();
  readonly #sizes = new Map<number, Range>();
  readonly #entries = new Map<number, Entries>();
  readonly #locals = new Map<string, Local[]>();

  constructor(checked: CheckedExpression, sizes: SizeEstimator) {
    this.#checked = checked;
    this.#estimate = sizes;
  }

  cost(node: Node): Range {
    switch (node.kind) {
      case "literal":
        return exactly(0);
      case "ident":
        return this.#ident(node.id, node.name);
      case "select":
        return this.#select(node);
      case "call":
        return this.#call(node);
      case "list":
        return this.#list(node.id, node.elements);
      case "map":
        return this.#map(node.id, node.entries);
      case "struct":
        return plus(sum(node.fields.map(({ value }) => this.cost(value))), structCost);
      case "comprehension":
        return node.variable === "#unused" ? this.#binding(node) : this.#loop(node);
    }
  }

  #ident(id: number, name: string): Range {
    const local = this.#locals.get(name)?.at(-1);
    const path = local === undefined ? [this.#checked.names.get(id) ?? name] : local.path;
    if (path !== undefined) this.#paths.set(id, path);
    return exactly(1);
  }

  #select(node: SelectNode): Range {
    const name = this.#checked.names.get(node.id);
    if (name !== undefined) return this.#ident(node.id, name);
    const operand = this.cost(node.operand);
    // has() itself is free.
    if (node.testOnly) return operand;
    const path = this.#pathOf(node.operand);
    if (path !== undefined) this.#paths.set(node.id, [...path, node.field]);
    const { kind } = this.#typeOf(node.operand);
    return kind === "map" || kind === "object" || kind === "param" ? plus(operand, exactly(1)) : operand;
  }

  #typeOf(node: Node): Type {
    return this.#checked.typeOf(node);
  }

  #pathOf(node: Node): readonly string[] | undefined {
    return this.#paths.get(node.id);
  }

  #call(node: CallNode): Range {
    const isMember = node.target !== undefined && !this.#checked.namespaced.has(node.id);
    const args = isMember ? [node.target!, ...node.args] : node.args;
    const costs = args.map((arg) => this.cost(arg));
    const name = this.#checked.namespaced.get(node.id) ?? node.function;
    if (name === "dyn") this.#copySizes(node, args[0]!);
    if (name === "_||_" || name === "_&&_") return { min: costs[0]!.min, max: costs[0]!.max + costs[1]!.max };
    if (name === "_?_:_") return this.#conditional(node, args, costs);
    const ids = this.#checked.overloads.get(node.id)?.map(({ id }) => id);
    // Selecting an optional field has no overload that was looked for.
    const estimates = (ids ?? ["select_optional_field"]).map((id) => this.#estimated(name, id, args));
    this.#noteResult(node, args, ids ?? [], estimates);
    return plus(estimates.map(({ cost }) => cost).reduce(union), sum(costs));
  }

  #estimated(name: string, id: string, args: readonly Node[]): CallEstimate {
    const nodes = args.map((arg) => this.#estimateNode(arg));
    return kubernetesEstimates.get(name)?.(nodes, id) ?? standardEstimates.get(id)?.(nodes, id) ?? { cost: exactly(1) };
  }

  #noteResult(node: CallNode, args: readonly Node[], ids: readonly string[], estimates: readonly CallEstimate[]): void {
    const known = estimates.flatMap(({ size }) => size ?? []);
    if (known.length > 0) this.#sizes.set(node.id, known.reduce(union));
    const path = args[0] === undefined ? undefined : this.#pathOf(args[0]);
    for (const id of ids) {
      const step = id === "index_list" ? "@items" : id === "index_map" ? "@values" : undefined;
      if (step === undefined) continue;
      if (path !== undefined) this.#paths.set(node.id, [...path, step]);
      const size = this.#entriesOf(args[0]!)?.value;
      if (size !== undefined) this.#sizes.set(node.id, size);
    }
    const merged = ids.some((id) => id.startsWith("add_")) ? mergedEntries(this.#entriesOf(args[0]!), this.#entriesOf(args[1]!)) : undefined;
    if (merged !== undefined) this.#entries.set(node.id, merged);
  }

  #conditional(node: CallNode, args: readonly Node[], costs: readonly Range[]): Range {
    this.#sizes.set(node.id, union(this.#sizeOf(args[1]!) ?? unknown, this.#sizeOf(args[2]!) ?? unknown));
    const entries = mergedEntries(this.#entriesOf(args[1]!), this.#entriesOf(args[2]!));
    if (entries !== undefined) this.#entries.set(node.id, entries);
    return plus(costs[0]!, union(costs[1]!, costs[2]!));
  }

  #estimateNode(node: Node): EstimateNode {
    const path = this.#pathOf(node);
    const literal = node.kind === "literal" && typeof node.value === "bigint" ? Number(node.value) : undefined;
    const items = path === undefined ? undefined : this.#estimate([...path, "@items"]);
    return { type: this.#typeOf(node), size: this.#sizeOf(node) ?? unknown, itemSize: items === undefined ? unknown : { min: 0, max: items }, literal };
  }

  #list(id: number, elements: readonly Node[]): Range {
    const cost = plus(sum(elements.map((element) => this.cost(element))), listCost);
    this.#entries.set(id, { key: exactly(1), value: this.#unionOf(elements) });
    return cost;
  }

  #map(id: number, entries: readonly { readonly key: Node; readonly value: Node }[]): Range {
    const cost = plus(sum(entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)])), mapCost);
    this.#entries.set(id, { key: this.#unionOf(entries.map(({ key }) => key)), value: this.#unionOf(entries.map(({ value }) => value)) });
    return cost;
  }

  #unionOf(nodes: readonly Node[]): Range {
    return nodes.length === 0 ? exactly(0) : nodes.map((node) => this.#sizeOf(node) ?? unknown).reduce(union);
  }

  #binding(node: ComprehensionNode): Range {
    const cost = plus(this.cost(node.range), this.cost(node.init));
    const local = { path: this.#pathOf(node.init), size: this.#sizeOf(node.init), entries: this.#entriesOf(node.init) };
    const result = this.#within(node.accumulator, local, () => this.cost(node.result));
    this.#copySizes(node, node.result);
    return plus(cost, result);
  }

  #loop(node: ComprehensionNode): Range {
    const before = plus(this.cost(node.range), this.cost(node.init));
    const accumulator = { path: undefined, size: this.#sizeOf(node.init), entries: this.#entriesOf(node.init) };
    const [turn, result] = this.#within(node.accumulator, accumulator, () => [this.#turn(node), this.cost(node.result)] as const);
    const count = this.#sizeOf(node.range) ?? unknown;
    if (node.init.kind === "literal") this.#sizes.set(node.id, exactly(1));
    if (node.init.kind === "list" || node.init.kind === "map") this.#sizes.set(node.id, count);
    const entries = this.#entriesOf(node.step);
    if (entries !== undefined && node.init.kind !== "literal") this.#entries.set(node.id, entries);
    return plus(plus(before, result), times(count, turn));
  }

  /** One turn of the loop. */
  #turn(node: ComprehensionNode): Range {
    const path = this.#pathOf(node.range);
    const entries = this.#entriesOf(node.range);
    const isList = this.#typeOf(node.range).kind === "list";
    const at = (step: string) => (path === undefined ? undefined : [...path, step]);
    const key: Local = { path: at(isList ? "@indices" : "@keys"), size: entries?.key, entries: undefined };
    const value: Local = { path: at(isList ? "@items" : "@values"), size: entries?.value, entries: undefined };
    const both = () => plus(this.cost(node.condition), this.cost(node.step));
    if (node.variable2 === undefined) return this.#within(node.variable, isList ? value : key, both);
    return this.#within(node.variable, key, () => this.#within(node.variable2!, value, both));
  }

  #within<T>(name: string, local: Local, run: () => T): T {
    const locals = this.#locals.get(name) ?? [];
    this.#locals.set(name, locals);
    locals.push(local);
    const result = run();
    locals.pop();
    return result;
  }

  #copySizes(to: Node, from: Node): void {
    const [size, entries] = [this.#sizeOf(from), this.#entriesOf(from)];
    if (size !== undefined) this.#sizes.set(to.id, size);
    if (entries !== undefined) this.#entries.set(to.id, entries);
  }

  #sizeOf(node: Node): Range | undefined {
    const known = this.#sizes.get(node.id) ?? writtenSize(node);
    if (known !== undefined) return known;
    const path = this.#pathOf(node);
    const declared = path === undefined ? undefined : this.#estimate(path);
    if (declared !== undefined) return { min: 0, max: declared };
    if (isScalar(this.#typeOf(node))) return exactly(1);
    return node.kind === "ident" ? this.#locals.get(node.name)?.at(-1)?.size : undefined;
  }

  #entriesOf(node: Node): Entries | undefined {
    return this.#entries.get(node.id) ?? (node.kind === "ident" ? this.#locals.get(node.name)?.at(-1)?.entries : undefined);
  }
}

function mergedEntries(a: Entries | undefined, b: Entries | undefined): Entries | undefined {
  return a === undefined || b === undefined ? undefined : { key: union(a.key, b.key), value: union(a.value, b.value) };
}

/** Of what stands in the expression. */
function writtenSize(node: Node): Range | undefined {
  if (node.kind === "list") return exactly(node.elements.length);
  if (node.kind === "map") return exactly(node.entries.length);
  if (node.kind !== "literal") return undefined;
  if (typeof node.value === "string") return exactly(textSize(node.value));
  return exactly(node.value instanceof Uint8Array ? node.value.length : 1);
}

const scalars = new Set(["bool", "double", "duration", "int", "timestamp", "uint"]);

function isScalar(type: Type): boolean {
  const inner = unwrapOptional(type);
  return inner === undefined ? scalars.has(type.kind) && paramsOf(type).length === 0 : isScalar(inner);
}
