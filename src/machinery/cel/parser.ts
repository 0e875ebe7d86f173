/**
 * Text to tree, by recursive descent. The words of errors are those of cel-go's generated parser where one token is
 * missing or too much; it says more where several things could have been meant.
 */
import type { LiteralValue, MapEntry, Node, ParsedExpression, StructField } from "./ast.ts";
import { type Token, tokensOf } from "./lexer.ts";
import { expandMacro } from "./macros.ts";
import { NodeBuilder, ParseStop } from "./node-builder.ts";
import type { Issue } from "./source.ts";
import { int64Max, int64Min, type Uint, uint64Max } from "./values.ts";

/** cel-go's defaults, which Kubernetes keeps. */
const maxCodePoints = 100_000;
const maxRecursion = 250;

const primaryTokens = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const levels: readonly ReadonlySet<string>[] = [new Set(["<", "<=", ">=", ">", "==", "!=", "in"]), new Set(["+", "-"]), new Set(["*", "/", "%"])];
const argumentTokens = primaryTokens.replace("'(', ", "'(', ')', ");
const indexTokens = primaryTokens.replace("'!', ", "'!', '?', ");

function startsPrimary({ kind, text }: Token, expecting: string): boolean {
  return (kind !== "operator" && kind !== "end" && text !== "in") || (kind === "operator" && expecting.includes(`'${text}'`));
}

const reserved = new Set("as break const continue else false for function if import in let loop package namespace null return true var void while".split(" "));
const usableReserved = new Set(["true", "false", "null", "in"]);

export type ParseResult =
  | { readonly parsed: ParsedExpression; readonly issues?: undefined }
  | { readonly issues: readonly Issue[]; readonly parsed?: undefined };

/** `bindings`: whether cel.bind is there. */
export function parseExpression(source: string, { bindings = true } = {}): ParseResult {
  const issues: Issue[] = [];
  // Characters of two code units count once: only a text that may be too long is counted.
  const size = source.length > maxCodePoints ? [...source].length : 0;
  if (size > maxCodePoints)
    return { issues: [{ position: undefined, message: `expression code point size exceeds limit: size: ${size}, limit ${maxCodePoints}` }] };
  const tokens = tokensOf(source, issues);
  const parser = new Parser(tokens, issues, bindings);
  try {
    const root = parser.whole();
    return issues.length > 0 ? { issues } : { parsed: { source, root, macroCalls: parser.builder.macroCalls } };
  } catch (error) {
    if (!(error instanceof ParseStop)) throw error;
    return { issues: [...issues, { position: error.position, message: error.message }] };
  }
}

class Parser {
  readonly builder = new NodeBuilder();
  readonly #tokens: readonly Token[];
  readonly #issues: Issue[];
  readonly #bindings: boolean;
  #at = 0;
  #nesting = 0;
  /** What the next value may begin with, for errors. */
  #expected = primaryTokens;

  constructor(tokens: readonly Token[], issues: Issue[], bindings: boolean) {
    this.#tokens = tokens;
    this.#issues = issues;
    this.#bindings = bindings;
  }

  whole(): Node {
    const root = this.#expression();
    if (this.#peek().kind !== "end") this.#fail("<EOF>", this.#peek(1).kind === "end" ? "extraneous" : "mismatched");
    return root;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #is(wanted: string, other = wanted): boolean {
    const { kind, text } = this.#peek();
    return (text === wanted || text === other) && (kind === "operator" || kind === "ident");
  }

  #take(text: string): Token | undefined {
    return this.#is(text) ? this.#next() : undefined;
  }

  #expect(text: string, expecting = `'${text}'`): Token {
    return this.#take(text) ?? this.#fail(expecting, "mismatched");
  }

  /** A bracket that closes what has been opened; the end of the text is where it is missed. */
  #close(text: string, afterItem = false): void {
    if (this.#take(text) !== undefined) return;
    const { kind, position } = this.#peek();
    if (afterItem || kind !== "end") this.#fail(afterItem ? `{'${text}', ','}` : `'${text}'`, "mismatched");
    throw new ParseStop(`Syntax error: missing '${text}' at '<EOF>'`, position);
  }

  #fail(expecting: string, problem: "mismatched" | "extraneous"): never {
    const { text, position } = this.#peek();
    throw new ParseStop(`Syntax error: ${problem} input '${text}' expecting ${expecting}`, position);
  }

  #expression(): Node {
    if (++this.#nesting > maxRecursion) throw new ParseStop(`expression recursion limit exceeded: ${maxRecursion}`, undefined);
    const condition = this.#logical("||", "_||_", () => this.#logical("&&", "_&&_", () => this.#relation()));
    const question = this.#take("?");
    if (question === undefined) {
      this.#nesting--;
      return condition;
    }
    const yes = this.#logical("||", "_||_", () => this.#logical("&&", "_&&_", () => this.#relation()));
    this.#expect(":");
    const no = this.#expression();
    this.#nesting--;
    return this.builder.call(question.position, "_?_:_", [condition, yes, no]);
  }

  /** Long chains become balanced trees, as in cel-go: their order does not matter, their depth would. */
  #logical(operator: string, name: string, term: () => Node): Node {
    const terms = [term()];
    const positions: number[] = [];
    for (let token = this.#take(operator); token !== undefined; token = this.#take(operator)) {
      positions.push(token.position);
      terms.push(term());
    }
    return this.#balanced(name, terms, positions, 0, positions.length - 1);
  }

  #balanced(name: string, terms: readonly Node[], positions: readonly number[], low: number, high: number): Node {
    if (high < low) return terms[low]!;
    const middle = (low + high + 1) >> 1;
    const left = middle === low ? terms[middle]! : this.#balanced(name, terms, positions, low, middle - 1);
    const right = middle === high ? terms[middle + 1]! : this.#balanced(name, terms, positions, middle + 1, high);
    return this.builder.call(positions[middle]!, name, [left, right]);
  }

  #relation(): Node {
    return this.#chain(0);
  }

  /** Operators of one level and, within their operands, those that bind more tightly; each chain goes to the left. */
  #chain(level: number): Node {
    let left = level === levels.length - 1 ? this.#unary() : this.#chain(level + 1);
    const operators = levels[level]!;
    for (let length = 1; operators.has(this.#peek().text) && this.#peek().kind !== "string"; length++) {
      if (length > maxRecursion) throw new ParseStop(`expression recursion limit exceeded: ${maxRecursion}`, undefined);
      const { text, position } = this.#next();
      const right = level === levels.length - 1 ? this.#unary() : this.#chain(level + 1);
      left = this.builder.call(position, text === "in" ? "@in" : `_${text}_`, [left, right]);
    }
    return left;
  }

  #unary(): Node {
    const operator = this.#take("!") ?? this.#take("-");
    if (operator === undefined) return this.#member();
    let count = 1;
    const literal = operator.text === "-" ? this.#negativeNumber(operator) : undefined;
    if (literal !== undefined) return this.#members(literal);
    while (this.#take(operator.text) !== undefined) count++;
    const operand = this.#member();
    // An even number of them cancels out.
    return count % 2 === 0 ? operand : this.builder.call(operator.position, operator.text === "!" ? "!_" : "-_", [operand]);
  }

  #negativeNumber({ position }: Token): Node | undefined {
    const { kind, value } = this.#peek();
    if (kind !== "int" && kind !== "double") return undefined;
    this.#next();
    return this.builder.literal(position, kind === "int" ? this.#int(-(value as bigint), position) : -(value as number));
  }

  #int(value: bigint, position: number): bigint {
    if (value < int64Min || value > int64Max) this.#issues.push({ position, message: "invalid int literal" });
    return value;
  }

  #member(): Node {
    return this.#members(this.#primary());
  }

  #members(first: Node): Node {
    let node = first;
    for (let length = 0; this.#is(".", "[") || (length === 0 && this.#is("{") && qualifiedName(node) !== undefined); length++) {
      if (length > maxRecursion) throw new ParseStop(`expression recursion limit exceeded: ${maxRecursion}`, undefined);
      node = this.#is(".") ? this.#field(node) : this.#is("[") ? this.#index(node) : this.#struct(node);
      if (this.#is("{") && qualifiedName(node) !== undefined) node = this.#struct(node);
    }
    return node;
  }

  #field(operand: Node): Node {
    const dot = this.#next();
    const optional = this.#take("?");
    const name = this.#next();
    if (name.kind === "quotedIdent") return this.#selected(operand, name.text.slice(1, -1), dot, optional, name);
    if (name.kind !== "ident" || name.text === "in" || ["true", "false", "null"].includes(name.text)) {
      this.#at--;
      if (optional === undefined) throw new ParseStop(`Syntax error: no viable alternative at input '.${name.kind === "end" ? "" : name.text}'`, name.position);
      this.#fail("{IDENTIFIER, ESC_IDENTIFIER}", "mismatched");
    }
    const open = optional === undefined ? this.#take("(") : undefined;
    if (open === undefined) return this.#selected(operand, name.text, dot, optional, name);
    const args = this.#arguments();
    return this.#callOrMacro(open.position, name.text, args, operand);
  }

  #selected(operand: Node, field: string, dot: Token, optional: Token | undefined, name: Token): Node {
    if (optional === undefined) return this.builder.select(dot.position, operand, field);
    return this.builder.call(dot.position, "_?._", [operand, this.builder.literal(name.position, field)]);
  }

  #index(operand: Node): Node {
    const open = this.#next();
    const optional = this.#take("?") !== undefined;
    this.#expected = optional ? primaryTokens : indexTokens;
    const index = this.#expression();
    this.#close("]");
    return this.builder.call(open.position, optional ? "_[?_]" : "_[_]", [operand, index]);
  }

  #struct(type: Node): Node {
    const open = this.#next();
    const fields: StructField[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const name = this.#next();
      if (name.kind !== "ident" && name.kind !== "quotedIdent") {
        this.#at--;
        this.#fail("{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}", "mismatched");
      }
      const colon = this.#expect(":");
      const fieldName = name.kind === "quotedIdent" ? name.text.slice(1, -1) : name.text;
      fields.push({ position: colon.position, name: fieldName, value: this.#expression(), optional });
      if (this.#take(",") === undefined) break;
    }
    this.#expect("}");
    return this.builder.struct(open.position, qualifiedName(type)!, fields);
  }

  #arguments(): Node[] {
    const args: Node[] = [];
    if (this.#take(")") !== undefined) return args;
    this.#expected = argumentTokens;
    do args.push(this.#expression());
    while (this.#take(",") !== undefined);
    this.#close(")");
    return args;
  }

  #callOrMacro(position: number, name: string, args: readonly Node[], target: Node | undefined): Node {
    const call = this.builder.call(position, name, args, target);
    const expanded = expandMacro(this.builder, call, (issue) => this.#issues.push(issue), this.#bindings);
    if (expanded === undefined) return call;
    this.builder.macroCalls.set(expanded.id, call);
    return expanded;
  }

  #primary(): Node {
    const expecting = this.#expected;
    this.#expected = primaryTokens;
    const token = this.#next();
    const { kind, text, position, value } = token;
    if (kind === "int") return this.builder.literal(position, this.#int(value as bigint, position));
    if (kind === "uint") return this.#uint(value as Uint, position);
    if (value === Number.POSITIVE_INFINITY) this.#issues.push({ position, message: "invalid double literal" });
    if (kind === "double" || kind === "string" || kind === "bytes") return this.builder.literal(position, value as LiteralValue);
    if (text === "(" && kind === "operator") return this.#parenthesised();
    if (text === "[" && kind === "operator") return this.#list(position);
    if (text === "{" && kind === "operator") return this.#map(position);
    if (text === "." && kind === "operator" && this.#peek().kind === "ident") return this.#named(this.#next(), ".");
    if (kind === "ident" && text !== "in") return this.#named(token, "");
    this.#at--;
    // A token too much is told from one in the wrong place by what follows it.
    return this.#fail(expecting, kind !== "end" && startsPrimary(this.#peek(1), expecting) ? "extraneous" : "mismatched");
  }

  #uint(value: Uint, position: number): Node {
    if (value.value > uint64Max) this.#issues.push({ position, message: "invalid uint literal" });
    return this.builder.literal(position, value);
  }

  #parenthesised(): Node {
    const inner = this.#expression();
    this.#close(")");
    return inner;
  }

  #named({ text, position }: Token, root: string): Node {
    if (text === "true" || text === "false") return this.builder.literal(position, text === "true");
    if (text === "null") return this.builder.literal(position, null);
    if (reserved.has(text) && !usableReserved.has(text)) this.#issues.push({ position, message: `reserved identifier: ${text}` });
    const open = this.#take("(");
    if (open === undefined) return this.builder.ident(position, root + text);
    return this.#callOrMacro(open.position, root + text, this.#arguments(), undefined);
  }

  #list(position: number): Node {
    const elements: Node[] = [];
    const optional = new Set<number>();
    let more = true;
    while (more && !this.#is("]", ",") && this.#peek().kind !== "end") {
      if (this.#take("?") !== undefined) optional.add(elements.length);
      elements.push(this.#expression());
      more = this.#take(",") !== undefined;
    }
    // A comma may also stand alone.
    if (elements.length === 0) this.#take(",");
    this.#close("]", !more);
    return this.builder.list(position, elements, optional);
  }

  #map(position: number): Node {
    const entries: MapEntry[] = [];
    let more = true;
    while (more && !this.#is("}", ",") && this.#peek().kind !== "end") {
      const optional = this.#take("?") !== undefined;
      const key = this.#expression();
      this.#expect(":");
      entries.push({ key, value: this.#expression(), optional });
      more = this.#take(",") !== undefined;
    }
    if (entries.length === 0) this.#take(",");
    this.#close("}", !more);
    return this.builder.map(position, entries);
  }
}

/** `a.b.c` as one name, or undefined for anything else. */
export function qualifiedName(node: Node): string | undefined {
  if (node.kind === "ident") return node.name;
  if (node.kind !== "select" || node.testOnly) return undefined;
  const before = qualifiedName(node.operand);
  return before === undefined ? undefined : `${before}.${node.field}`;
}
