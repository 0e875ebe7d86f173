/** The syntax tree of an expression, macros expanded. Every node knows where it stands in the text. */
import type { Uint } from "./values.ts";

/** null, boolean, int (bigint), uint, double (number), text or bytes. */
export type LiteralValue = null | boolean | bigint | Uint | number | string | Uint8Array;

interface NodeBase {
  /** Unique within an expression, from 1. */
  readonly id: number;
  /** UTF-16 offset: of the operator for operators, of the parenthesis for calls, of the first character otherwise. */
  readonly position: number;
  /** Longest way down to a leaf: bounded by the parser, so that walks may recurse. */
  readonly depth: number;
}

export interface LiteralNode extends NodeBase {
  readonly kind: "literal";
  readonly value: LiteralValue;
}

export interface IdentNode extends NodeBase {
  readonly kind: "ident";
  readonly name: string;
}

export interface SelectNode extends NodeBase {
  readonly kind: "select";
  readonly operand: Node;
  readonly field: string;
  /** has(): asks whether the field is there. */
  readonly testOnly: boolean;
}

/** Operators are calls of functions with cel-go's names, such as `_+_` and `_?._`. */
export interface CallNode extends NodeBase {
  readonly kind: "call";
  readonly target: Node | undefined;
  readonly function: string;
  readonly args: readonly Node[];
}

export interface ListNode extends NodeBase {
  readonly kind: "list";
  readonly elements: readonly Node[];
  /** Indexes of elements written as `?element`. */
  readonly optional: ReadonlySet<number>;
}

export interface MapEntry {
  readonly key: Node;
  readonly value: Node;
  readonly optional: boolean;
}

export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
}

export interface StructField {
  readonly position: number;
  readonly name: string;
  readonly value: Node;
  readonly optional: boolean;
}

export interface StructNode extends NodeBase {
  readonly kind: "struct";
  readonly typeName: string;
  readonly fields: readonly StructField[];
}

/** What macros become: a fold over a list or a map. */
export interface ComprehensionNode extends NodeBase {
  readonly kind: "comprehension";
  readonly range: Node;
  readonly variable: string;
  readonly variable2: string | undefined;
  readonly accumulator: string;
  readonly init: Node;
  readonly condition: Node;
  readonly step: Node;
  readonly result: Node;
}

export type Node = LiteralNode | IdentNode | SelectNode | CallNode | ListNode | MapNode | StructNode | ComprehensionNode;

export interface ParsedExpression {
  readonly source: string;
  readonly root: Node;
  /** The calls that macros were written as, by the id of what they became. */
  readonly macroCalls: ReadonlyMap<number, CallNode>;
}

/** The nodes directly below. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "literal":
    case "ident":
      return [];
    case "select":
      return [node.operand];
    case "call":
      return node.target === undefined ? node.args : [node.target, ...node.args];
    case "list":
      return node.elements;
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return node.fields.map(({ value }) => value);
    case "comprehension":
      return [node.range, node.init, node.condition, node.step, node.result];
  }
}

/** Whether the node or one below fulfils the condition. */
export function someNode(node: Node, condition: (node: Node) => boolean): boolean {
  return condition(node) || childrenOf(node).some((child) => someNode(child, condition));
}
