/** A pattern's tree as instructions of a machine that is in many states at once (Thompson's construction). */
import type { RuneClass } from "./classes.ts";
import { type Assertion, RegexError, type RegexNode } from "./parse.ts";

export type Instruction =
  | { readonly op: "class"; readonly class: RuneClass; next: number }
  | { readonly op: "assert"; readonly what: Assertion; next: number }
  /** Goes on at both; the first is preferred. */
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; next: number }
  | { readonly op: "match" };

export interface RegexProgram {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

/** Go refuses patterns of more than 1000 repetitions within repetitions, or of 128 MB of instructions. */
const maxInstructions = 20_000;

export function compileTree(node: RegexNode): RegexProgram {
  const compiler = new Compiler();
  const start = compiler.emit(node, compiler.add({ op: "match" }));
  return { instructions: compiler.instructions, start };
}

/** Emits from the end: every piece knows what follows it. */
class Compiler {
  readonly instructions: Instruction[] = [];

  add(instruction: Instruction): number {
    if (this.instructions.length >= maxInstructions) throw new RegexError("error parsing regexp: expression too large: ``");
    return this.instructions.push(instruction) - 1;
  }

  /** Where to begin, so as to match the node and go on at `next`. */
  emit(node: RegexNode, next: number): number {
    switch (node.kind) {
      case "empty":
        return next;
      case "class":
        return this.add({ op: "class", class: node.class, next });
      case "assert":
        return this.add({ op: "assert", what: node.what, next });
      case "sequence":
        return node.nodes.reduceRight((after, part) => this.emit(part, after), next);
      case "choice":
        return node.nodes
          .slice(0, -1)
          .reduceRight((second, part) => this.add({ op: "split", first: this.emit(part, next), second }), this.emit(node.nodes.at(-1)!, next));
      case "repeat":
        return this.#repeat(node, next);
    }
  }

  #repeat({ node, min, max, greedy }: RegexNode & { kind: "repeat" }, next: number): number {
    let after = Number.isFinite(max) ? next : this.#star(node, next, greedy);
    for (let count = min; count < (Number.isFinite(max) ? max : min); count++) after = this.#choose(this.emit(node, after), next, greedy);
    for (let count = 0; count < min; count++) after = this.emit(node, after);
    return after;
  }

  #star(node: RegexNode, next: number, greedy: boolean): number {
    const loop: Instruction & { op: "split" } = { op: "split", first: next, second: next };
    const at = this.add(loop);
    const body = this.emit(node, at);
    if (greedy) loop.first = body;
    else loop.second = body;
    return at;
  }

  #choose(body: number, next: number, greedy: boolean): number {
    return this.add(greedy ? { op: "split", first: body, second: next } : { op: "split", first: next, second: body });
  }
}
