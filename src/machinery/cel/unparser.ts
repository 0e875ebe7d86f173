/** A tree as text again, macros as they were written: for messages and for tests of the parser. */
import type { CallNode, LiteralValue, Node, ParsedExpression } from "./ast.ts";
import { Uint } from "./values.ts";

/** How tightly operators bind; higher binds more tightly. */
const binary: Readonly<Record<string, readonly [text: string, level: number]>> = {
  "_||_": ["||", 2],
  "_&&_": ["&&", 3],
  "_<_": ["<", 4],
  "_<=_": ["<=", 4],
  "_>_": [">", 4],
  "_>=_": [">=", 4],
  "_==_": ["==", 4],
  "_!=_": ["!=", 4],
  "@in": ["in", 4],
  "_+_": ["+", 5],
  "_-_": ["-", 5],
  "_*_": ["*", 6],
  "_/_": ["/", 6],
  "_%_": ["%", 6],
};

export function unparse({ root, macroCalls }: Pick<ParsedExpression, "root" | "macroCalls">): string {
  return new Unparser(macroCalls).text(root, 0);
}

class Unparser {
  readonly #macroCalls: ReadonlyMap<number, CallNode>;

  constructor(macroCalls: ReadonlyMap<number, CallNode>) {
    this.#macroCalls = macroCalls;
  }

  /** In parentheses where the place asks for what binds more tightly. */
  text(node: Node, level: number): string {
    const written = this.#macroCalls.get(node.id) ?? node;
    const [text, own] = this.#bound(written);
    return own < level ? `(${text})` : text;
  }

  #bound(node: Node): [text: string, level: number] {
    if (node.kind === "call") return this.#call(node);
    if (node.kind === "literal") return [literalText(node.value), isNegative(node.value) ? 7 : 9];
    return [this.#operand(node), 8];
  }

  #operand(node: Exclude<Node, CallNode>): string {
    switch (node.kind) {
      case "literal":
        return literalText(node.value);
      case "ident":
        return node.name;
      case "select":
        return node.testOnly ? `has(${this.text(node.operand, 8)}.${node.field})` : `${this.text(node.operand, 8)}.${node.field}`;
      case "list":
        return `[${node.elements.map((element, index) => `${node.optional.has(index) ? "?" : ""}${this.text(element, 0)}`).join(", ")}]`;
      case "map":
        return `{${node.entries.map(({ key, value, optional }) => `${optional ? "?" : ""}${this.text(key, 0)}: ${this.text(value, 0)}`).join(", ")}}`;
      case "struct":
        return `${node.typeName}{${node.fields.map(({ name, value, optional }) => `${optional ? "?" : ""}${name}: ${this.text(value, 0)}`).join(", ")}}`;
      case "comprehension":
        throw new Error("cannot write a comprehension: it comes of no macro");
    }
  }

  /** A minus before a digit would become part of the number. */
  #negated(node: Node): string {
    const text = this.text(node, 8);
    return /^[0-9.]/.test(text) ? `(${text})` : text;
  }

  #call(node: CallNode): [text: string, level: number] {
    const { function: name, args, target } = node;
    const operator = Object.hasOwn(binary, name) ? binary[name] : undefined;
    if (operator !== undefined) {
      const [symbol, level] = operator;
      return [`${this.text(args[0]!, level)} ${symbol} ${this.text(args[1]!, level + 1)}`, level];
    }
    if (name === "_?_:_") return [`${this.text(args[0]!, 2)} ? ${this.text(args[1]!, 2)} : ${this.text(args[2]!, 1)}`, 1];
    if (name === "!_" || name === "-_") return [`${name[0]}${this.#negated(args[0]!)}`, 7];
    if (name === "_[_]" || name === "_[?_]") return [`${this.text(args[0]!, 8)}[${name === "_[?_]" ? "?" : ""}${this.text(args[1]!, 0)}]`, 8];
    if (name === "_?._") return [`${this.text(args[0]!, 8)}.?${(args[1] as { value: string }).value}`, 8];
    const call = `${name}(${args.map((arg) => this.text(arg, 0)).join(", ")})`;
    return [target === undefined ? call : `${this.text(target, 8)}.${call}`, 8];
  }
}

function isNegative(value: LiteralValue): boolean {
  return (typeof value === "bigint" || typeof value === "number") && (value < 0 || Object.is(value, -0));
}

function literalText(value: LiteralValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return /[.e]/.test(String(value)) ? String(value) : `${Object.is(value, -0) ? "-0" : value}.0`;
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Uint8Array) return `b"${[...value].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;
  return String(value);
}
