/** Evaluates expressions that ask the authorizer: answers are fetched between evaluations, not within them. */
import type { AuthorizationCheck, CheckDecision, Decide } from "./library/authorizer.ts";
import { type Activation, CelError, type EvaluateOptions, type Evaluation, type Program } from "./program.ts";

type Answered = Exclude<Evaluation, { readonly pending: AuthorizationCheck }>;

export interface Asking {
  /** The activation, whose authorizer answers by the function given. */
  readonly activation: (decide: Decide) => Activation;
  readonly ask: (check: AuthorizationCheck) => Promise<CheckDecision>;
  /** Answers so far: may be shared by the expressions of one request. */
  readonly known?: Map<string, CheckDecision>;
}

/** More checks than any expression can pay for. */
const maxRounds = 8;

/** Begins anew with every answer; the cost is that of the last round, which evaluates all of the expression. */
export async function evaluateAsking(program: Program, { activation, ask, known = new Map() }: Asking, options: EvaluateOptions = {}): Promise<Answered> {
  const variables = activation((check) => known.get(JSON.stringify(check)));
  for (let round = 0; round < maxRounds; round++) {
    const outcome = program.evaluate(variables, options);
    if (outcome.pending === undefined) return outcome;
    known.set(JSON.stringify(outcome.pending), await ask(outcome.pending));
  }
  return { error: new CelError("operation cancelled: too many authorization checks", true), cost: 0 };
}
