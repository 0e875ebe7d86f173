import assert from "node:assert/strict";
import { test } from "node:test";
import { type Node, someNode } from "./ast.ts";
import { Environment } from "./environment.ts";
import { Frame } from "./frame.ts";
import { parseExpression } from "./parser.ts";
import { matchesRegex, meteredRegex } from "./regex/match.ts";
import { intType, uintType } from "./types.ts";
import { unparse } from "./unparser.ts";
import { int64Max, int64Min, Uint, uint64Max } from "./values.ts";

/** Numerical Recipes' generator: the same run every time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function generated(next: (below: number) => number, depth: number): string {
  const inner = () => generated(next, depth - 1);
  const leaves = ["a", "b.c", "1", "-2", "3u", "1.5", "'t\\n'", "b'x'", "true", "null", "x.y.z", "[]", "{}"];
  if (depth === 0) return leaves[next(leaves.length)]!;
  const operators = ["+", "-", "*", "/", "%", "<", ">=", "==", "!=", "in", "&&", "||"];
  const forms: (() => string)[] = [
    () => `(${inner()}) ${operators[next(operators.length)]} (${inner()})`,
    () => `(${inner()}) ${operators[next(operators.length)]} (${inner()})`,
    () => `(${inner()}) ? (${inner()}) : (${inner()})`,
    () => `!(${inner()})`,
    () => `-(${inner()})`,
    () => `f(${inner()}, ${inner()})`,
    () => `(${inner()}).g(${inner()})`,
    () => `(${inner()})[${inner()}]`,
    () => `(${inner()}).?h`,
    () => `[${inner()}, ?${inner()}]`,
    () => `{${inner()}: ${inner()}}`,
    () => `T.u{v: ${inner()}}`,
    () => `(${inner()}).all(e, ${inner()})`,
    () => `(${inner()}).map(e, ${inner()}, ${inner()})`,
    () => `has((${inner()}).k)`,
    () => `cel.bind(w, ${inner()}, ${inner()})`,
  ];
  return forms[next(forms.length)]!();
}

/** Trees without what says where they come from. */
function bare(node: Node): string {
  return JSON.stringify(node, (key, value: unknown) => {
    if (key === "id" || key === "position" || key === "depth") return undefined;
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Set ? [...value] : value;
  });
}

test("what is parsed, written and parsed again is the same", () => {
  const next = random(1);
  for (let round = 0; round < 1_500; round++) {
    const source = generated(next, 1 + (round % 4));
    const { parsed } = parseExpression(source);
    assert.ok(parsed !== undefined, source);
    const text = unparse(parsed);
    const again = parseExpression(text).parsed;
    assert.ok(again !== undefined, text);
    assert.equal(bare(again.root), bare(parsed.root), `${source}\n${text}`);
  }
});

test("integers of 64 bits compute as big ones do, or overflow", () => {
  const ints = new Environment({ variables: { a: intType, b: intType } });
  const uints = new Environment({ variables: { a: uintType, b: uintType } });
  const next = random(2);
  const edges = [0n, 1n, -1n, 2n, 3n, int64Max, int64Min, int64Max - 1n, int64Min + 1n, 2n ** 32n, 2n ** 31n];
  const operations: Record<string, (a: bigint, b: bigint) => bigint> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "%": (a, b) => a % b,
  };
  for (const [symbol, operation] of Object.entries(operations)) {
    const signed = ints.compile(`a ${symbol} b`).program!;
    const unsigned = uints.compile(`a ${symbol} b`).program!;
    for (let round = 0; round < 300; round++) {
      const [a, b] = [edges[next(edges.length)]! + BigInt(next(3)) - 1n, edges[next(edges.length)]!].map((value) => BigInt.asIntN(64, value)) as [
        bigint,
        bigint,
      ];
      const byZero = b === 0n && "/%".includes(symbol);
      const expected = byZero ? undefined : operation(a, b);
      // Go's remainder of the least integer by -1 overflows as the division does.
      const overflows = expected === undefined || expected < int64Min || expected > int64Max || (symbol === "%" && a === int64Min && b === -1n);
      const outcome = signed.evaluate({ a, b });
      assert.equal("value" in outcome ? outcome.value : "error", overflows ? "error" : expected, `${a} ${symbol} ${b}`);
      const [left, right] = [BigInt.asUintN(64, a), BigInt.asUintN(64, b)];
      const positive = byZero ? undefined : operation(left, right);
      const fits = positive !== undefined && positive >= 0n && positive <= uint64Max;
      const found = unsigned.evaluate({ a: new Uint(left), b: new Uint(right) });
      assert.equal("value" in found ? (found.value as Uint).value : "error", fits ? positive : "error", `${left}u ${symbol} ${right}u`);
    }
  }
});

function pattern(next: (below: number) => number, depth: number): string {
  const leaves = ["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\d", "(?:)", "^", "$", "\\b"];
  if (depth === 0) return leaves[next(leaves.length)]!;
  const inner = () => pattern(next, depth - 1);
  const forms = [
    () => inner() + inner(),
    () => `(?:${inner()}|${inner()})`,
    () => `(?:${inner()})*`,
    () => `(?:${inner()})+?`,
    () => `(?:${inner()})?`,
    () => `(?:${inner()}){1,3}`,
    () => `(${inner()})`,
  ];
  return forms[next(forms.length)]!();
}

test("patterns match as a backtracking matcher finds", () => {
  const next = random(3);
  const meter = new Frame(() => undefined, 0);
  for (let round = 0; round < 1_500; round++) {
    const source = pattern(next, 1 + (round % 3));
    const text = Array.from({ length: next(7) }, () => "abc1"[next(4)]).join("");
    assert.equal(matchesRegex(text, source, { spend: () => {} }), new RegExp(source).test(text), `${source} on ${text}`);
    // JavaScript leaves loops whose turn matched nothing, RE2 does not: only then may the places differ.
    const mayBeEmpty = /\)[*+{?]/.test(source);
    const found = meteredRegex(source, meter).find(text, 0, { spend: () => {} });
    const expected = new RegExp(source).exec(text);
    if (!mayBeEmpty) assert.deepEqual(found, expected === null ? undefined : [expected.index, expected.index + expected[0].length], `${source} in ${text}`);
    else assert.equal(found === undefined, expected === null, `${source} in ${text}`);
  }
});

test("trees can be searched", () => {
  const { parsed } = parseExpression("a.all(x, has(x.b) && [c.?d][0] == {e: T{f: 1}}.g)");
  for (const name of ["a", "c", "e"])
    assert.ok(
      someNode(parsed!.root, (node) => node.kind === "ident" && node.name === name),
      name,
    );
});
