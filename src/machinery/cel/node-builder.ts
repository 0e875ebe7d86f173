/** Makes nodes: numbers them and keeps the tree from growing deeper than walks may recurse. */
import type { CallNode, ComprehensionNode, LiteralValue, MapEntry, Node, StructField } from "./ast.ts";

/** Thrown to end parsing at once. */
export class ParseStop {
  readonly message: string;
  readonly position: number | undefined;
  constructor(message: string, position: number | undefined) {
    this.message = message;
    this.position = position;
  }
}

const maxDepth = 1500;
const none: ReadonlySet<number> = new Set();

export class NodeBuilder {
  #lastId = 0;
  readonly macroCalls = new Map<number, CallNode>();

  #base(position: number, below: readonly (Node | undefined)[]): { id: number; position: number; depth: number } {
    let depth = 0;
    for (const node of below) if (node !== undefined && node.depth > depth) depth = node.depth;
    if (depth >= maxDepth) throw new ParseStop("expression recursion limit exceeded: 250", undefined);
    this.#lastId++;
    return { id: this.#lastId, position, depth: depth + 1 };
  }

  literal(position: number, value: LiteralValue): Node {
    return { kind: "literal", ...this.#base(position, []), value };
  }

  ident(position: number, name: string): Node {
    return { kind: "ident", ...this.#base(position, []), name };
  }

  select(position: number, operand: Node, field: string, testOnly = false): Node {
    return { kind: "select", ...this.#base(position, [operand]), operand, field, testOnly };
  }

  call(position: number, name: string, args: readonly Node[], target?: Node): CallNode {
    return { kind: "call", ...this.#base(position, [...args, target]), target, function: name, args };
  }

  list(position: number, elements: readonly Node[], optional: ReadonlySet<number> = none): Node {
    return { kind: "list", ...this.#base(position, elements), elements, optional };
  }

  map(position: number, entries: readonly MapEntry[]): Node {
    const below = entries.flatMap(({ key, value }) => [key, value]);
    return { kind: "map", ...this.#base(position, below), entries };
  }

  struct(position: number, typeName: string, fields: readonly StructField[]): Node {
    const below = fields.map(({ value }) => value);
    return { kind: "struct", ...this.#base(position, below), typeName, fields };
  }

  fold(position: number, fold: Pick<ComprehensionNode, "range" | "variable" | "variable2" | "accumulator" | "init" | "condition" | "step" | "result">): Node {
    const below = [fold.range, fold.init, fold.condition, fold.step, fold.result];
    return { kind: "comprehension", ...this.#base(position, below), ...fold };
  }
}
