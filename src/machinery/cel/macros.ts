/** Macros: has, the comprehensions of one and of two variables, cel.bind, sortBy, optMap and optFlatMap. */
import type { CallNode, Node } from "./ast.ts";
import type { NodeBuilder } from "./node-builder.ts";
import type { Issue } from "./source.ts";

/** No identifier can be so called: what macros accumulate in cannot be meant by anything written. */
export const accumulator = "@result";

type Report = (issue: Issue) => void;

interface Expansion {
  readonly builder: NodeBuilder;
  readonly call: CallNode;
  readonly report: Report;
}

type Macro = (expansion: Expansion) => Node | undefined;

/** What the call becomes, or undefined when it is no macro. Wrong uses are reported, and the call left as it is. */
export function expandMacro(builder: NodeBuilder, call: CallNode, report: Report, bindings: boolean): Node | undefined {
  const kind = call.target === undefined ? "global" : "member";
  if (call.function === "bind" && !bindings) return undefined;
  return macros.get(`${kind}:${call.function}:${call.args.length}`)?.({ builder, call, report });
}

function has({ builder, call, report }: Expansion): Node | undefined {
  const [arg] = call.args;
  if (arg?.kind === "select") return builder.select(call.position, arg.operand, arg.field, true);
  report({ position: arg!.position, message: "invalid argument to has() macro" });
  return undefined;
}

/** The name that the argument is, if it is a simple one. */
function variable({ call, report }: Expansion, index: number): string | undefined {
  const isMap = call.function === "map" || call.function === "filter";
  const arg = call.args[index]!;
  if (arg.kind !== "ident" || arg.name.startsWith(".")) {
    report({ position: arg.position, message: isMap ? "argument is not an identifier" : "argument must be a simple name" });
    return undefined;
  }
  if (arg.name === accumulator || arg.name === "__result__") {
    report({ position: arg.position, message: "iteration variable overwrites accumulator variable" });
    return undefined;
  }
  return arg.name;
}

function variables(expansion: Expansion, count: 1 | 2): [string, string | undefined] | undefined {
  const first = variable(expansion, 0);
  const second = count === 2 ? variable(expansion, 1) : undefined;
  if (first === undefined || (count === 2 && second === undefined)) return undefined;
  if (first === second) {
    expansion.report({ position: expansion.call.args[1]!.position, message: `duplicate variable name: ${first}` });
    return undefined;
  }
  return [first, second];
}

interface FoldParts {
  readonly init: Node;
  readonly condition: Node;
  readonly step: Node;
  readonly result: Node;
}

function folded(expansion: Expansion, count: 1 | 2, parts: (at: At) => FoldParts): Node | undefined {
  const names = variables(expansion, count);
  if (names === undefined) return undefined;
  const { builder, call } = expansion;
  const at = new At(builder, call.position);
  return builder.fold(call.position, { range: call.target!, variable: names[0], variable2: names[1], accumulator, ...parts(at) });
}

/** Nodes that stand where the macro does. */
class At {
  readonly #builder: NodeBuilder;
  readonly #position: number;
  constructor(builder: NodeBuilder, position: number) {
    this.#builder = builder;
    this.#position = position;
  }
  result(): Node {
    return this.#builder.ident(this.#position, accumulator);
  }
  value(value: boolean | bigint): Node {
    return this.#builder.literal(this.#position, value);
  }
  call(name: string, ...args: Node[]): Node {
    return this.#builder.call(this.#position, name, args);
  }
  list(...elements: Node[]): Node {
    return this.#builder.list(this.#position, elements);
  }
  map(): Node {
    return this.#builder.map(this.#position, []);
  }
}

function all(count: 1 | 2): Macro {
  return (expansion) =>
    folded(expansion, count, (at) => ({
      init: at.value(true),
      condition: at.call("@not_strictly_false", at.result()),
      step: at.call("_&&_", at.result(), expansion.call.args[count]!),
      result: at.result(),
    }));
}

function exists(count: 1 | 2): Macro {
  return (expansion) =>
    folded(expansion, count, (at) => ({
      init: at.value(false),
      condition: at.call("@not_strictly_false", at.call("!_", at.result())),
      step: at.call("_||_", at.result(), expansion.call.args[count]!),
      result: at.result(),
    }));
}

function existsOne(count: 1 | 2): Macro {
  return (expansion) =>
    folded(expansion, count, (at) => ({
      init: at.value(0n),
      condition: at.value(true),
      step: at.call("_?_:_", expansion.call.args[count]!, at.call("_+_", at.result(), at.value(1n)), at.result()),
      result: at.call("_==_", at.result(), at.value(1n)),
    }));
}

/** The last argument appended, where the one before it (if there are three) holds. */
function listOf(count: 1 | 2, filtered: boolean): Macro {
  return (expansion) =>
    folded(expansion, count, (at) => {
      const { args } = expansion.call;
      const append = at.call("_+_", at.result(), at.list(args.at(-1)!));
      return { init: at.list(), condition: at.value(true), step: filtered ? at.call("_?_:_", args[count]!, append, at.result()) : append, result: at.result() };
    });
}

function filter(expansion: Expansion): Node | undefined {
  return folded(expansion, 1, (at) => {
    const { args } = expansion.call;
    const append = at.call("_+_", at.result(), at.list(args[0]!));
    return { init: at.list(), condition: at.value(true), step: at.call("_?_:_", args[1]!, append, at.result()), result: at.result() };
  });
}

function mapOf(filtered: boolean, entries: boolean): Macro {
  return (expansion) =>
    folded(expansion, 2, (at) => {
      const { args } = expansion.call;
      const insert = entries ? at.call("cel.@mapInsert", at.result(), args.at(-1)!) : at.call("cel.@mapInsert", at.result(), args[0]!, args.at(-1)!);
      return { init: at.map(), condition: at.value(true), step: filtered ? at.call("_?_:_", args[2]!, insert, at.result()) : insert, result: at.result() };
    });
}

function isNamespace(expansion: Expansion, name: string): boolean {
  const { target } = expansion.call;
  return target?.kind === "ident" && target.name === name;
}

/** cel.bind(name, value, expression): a fold over nothing, whose accumulator is the variable. */
function bind(expansion: Expansion): Node | undefined {
  if (!isNamespace(expansion, "cel")) return undefined;
  const { builder, call, report } = expansion;
  const [name, init, result] = call.args;
  if (name!.kind !== "ident") {
    report({ position: name!.position, message: "cel.bind() variable names must be simple identifiers" });
    return undefined;
  }
  return bound(builder, call.position, name!.name, init!, result!);
}

function bound(builder: NodeBuilder, position: number, name: string, init: Node, result: Node): Node {
  return builder.fold(position, {
    range: builder.list(position, []),
    variable: "#unused",
    variable2: undefined,
    accumulator: name,
    init,
    condition: builder.literal(position, false),
    step: builder.ident(position, name),
    result,
  });
}

/** optional.optMap(name, expression): the expression of the value, where there is one. */
function optMap(flat: boolean): Macro {
  return (expansion) => {
    const { builder, call, report } = expansion;
    const [name, mapped] = call.args;
    const macro = flat ? "optFlatMap" : "optMap";
    if (name!.kind !== "ident") {
      report({ position: name!.position, message: `${macro}() variable name must be a simple identifier` });
      return undefined;
    }
    const { position } = call;
    const target = call.target!;
    const value = bound(builder, position, name!.name, builder.call(position, "value", [], target), mapped!);
    const present = builder.call(position, "hasValue", [], target);
    const none = builder.call(position, "optional.none", []);
    return builder.call(position, "_?_:_", [present, flat ? value : builder.call(position, "optional.of", [value]), none]);
  };
}

/** list.sortBy(name, key): sorts by what the key expression gives of each element (the lists extension of cel-go). */
function sortBy(expansion: Expansion): Node | undefined {
  const { builder, call, report } = expansion;
  const target = call.target!;
  if (!["list", "select", "ident", "comprehension", "call"].includes(target.kind)) {
    report({ position: target.position, message: "sortBy can only be applied to a list, identifier, comprehension, call or select expression" });
    return undefined;
  }
  const input = "@__sortBy_input__";
  const named = () => builder.ident(call.position, input);
  const keys = expandMacro(builder, builder.call(call.position, "map", call.args, named()), report, true);
  return keys === undefined ? undefined : bound(builder, call.position, input, target, builder.call(call.position, "@sortByAssociatedKeys", [keys], named()));
}

const macros = new Map<string, Macro>([
  ["global:has:1", has],
  ["member:all:2", all(1)],
  ["member:exists:2", exists(1)],
  ["member:exists_one:2", existsOne(1)],
  ["member:map:2", listOf(1, false)],
  ["member:map:3", listOf(1, true)],
  ["member:filter:2", filter],
  ["member:all:3", all(2)],
  ["member:exists:3", exists(2)],
  ["member:existsOne:3", existsOne(2)],
  ["member:transformList:3", listOf(2, false)],
  ["member:transformList:4", listOf(2, true)],
  ["member:transformMap:3", mapOf(false, false)],
  ["member:transformMap:4", mapOf(true, false)],
  ["member:transformMapEntry:3", mapOf(false, true)],
  ["member:transformMapEntry:4", mapOf(true, true)],
  ["member:bind:3", bind],
  ["member:sortBy:2", sortBy],
  ["member:optMap:2", optMap(false)],
  ["member:optFlatMap:2", optMap(true)],
]);
