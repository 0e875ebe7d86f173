/** A compiled expression, to be evaluated any number of times. */
import type { Node } from "./ast.ts";
import type { CheckedExpression } from "./checker.ts";
import { Cancelled, Frame, type Step } from "./frame.ts";
import { celValue } from "./json-values.ts";
import { type AuthorizationCheck, CheckPending } from "./library/authorizer.ts";
import type { Type } from "./types.ts";
import { Failure, type Value } from "./values.ts";

/** Values of variables: JSON, or values made for it. A function is called when an expression uses the variable. */
export type Activation = Readonly<Record<string, unknown>>;

/** Kubernetes' limit for one evaluation, about 0.1 s of its time. */
export const perCallCostLimit = 1_000_000;
/** And for all expressions of one object together. */
export const runtimeCostBudget = 10_000_000;

export class CelError extends Error {
  override readonly name = "CelError";
  /** It had cost too much, or took too long: trying again will not help. */
  readonly isCancelled: boolean;
  constructor(message: string, isCancelled: boolean) {
    super(message);
    this.isCancelled = isCancelled;
  }
}

export type Evaluation =
  | { readonly value: Value; readonly cost: number; readonly error?: undefined; readonly pending?: undefined }
  | { readonly error: CelError; readonly cost: number; readonly pending?: undefined }
  /** The authorizer has to be asked first; see `library/authorizer.ts`. */
  | { readonly pending: AuthorizationCheck; readonly cost: number; readonly error?: undefined };

export interface EvaluateOptions {
  /** Units; perCallCostLimit if absent. */
  readonly costLimit?: number | undefined;
}

export class Program {
  readonly expression: string;
  readonly resultType: Type;
  /** The syntax tree, for those who want to know what is used. */
  readonly root: Node;
  readonly checked: CheckedExpression;
  readonly #variables: ReadonlyMap<string, Type>;
  readonly #step: Step;

  constructor(checked: CheckedExpression, variables: ReadonlyMap<string, Type>, step: Step) {
    this.expression = checked.source;
    this.resultType = checked.resultType;
    this.root = checked.root;
    this.checked = checked;
    this.#variables = variables;
    this.#step = step;
  }

  /** Never throws for what an expression does. */
  evaluate(activation: Activation, { costLimit = perCallCostLimit }: EvaluateOptions = {}): Evaluation {
    const frame = new Frame((name) => this.#variable(activation, name), costLimit);
    try {
      const value = this.#step(frame);
      return { value, cost: frame.cost };
    } catch (error) {
      if (error instanceof CheckPending) return { pending: error.check, cost: frame.cost };
      if (error instanceof Failure) return { error: new CelError(error.message, false), cost: frame.cost };
      if (error instanceof Cancelled) return { error: new CelError(error.message, true), cost: frame.cost };
      // Depth of trees is bounded, that of values is JSON's: comparing two may still be too deep.
      if (error instanceof RangeError) return { error: new CelError("operation cancelled: the values nest too deeply", true), cost: frame.cost };
      throw error;
    }
  }

  #variable(activation: Activation, name: string): Value | undefined {
    if (!Object.hasOwn(activation, name)) return undefined;
    const given = activation[name];
    const json = typeof given === "function" ? (given as () => unknown)() : given;
    return json === undefined ? undefined : celValue(json, this.#variables.get(name)!);
  }
}
