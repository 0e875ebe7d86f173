/** One evaluation: variables, the cost so far and its limit. */
import type { Meter } from "./functions.ts";
import { Failure, type Value } from "./values.ts";

/** What cel-go answers; nothing in the expression can absorb it. */
export const costLimitMessage = "operation cancelled: actual cost limit exceeded";

const workLimitMessage = "operation cancelled: the expression takes too long";

export class Cancelled {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Some 40 ms of what costs do not count. */
const maxWork = 2_000_000;

export class Frame implements Meter {
  readonly limit: number;
  /** Local variables, by the slots that the planner gave them. */
  readonly locals: (Value | Failure | undefined)[] = [];
  readonly #activation: (name: string) => Value | undefined;
  readonly #globals = new Map<string, Value>();
  #work = 0;
  cost = 0;

  constructor(activation: (name: string) => Value | undefined, limit: number) {
    this.#activation = activation;
    this.limit = limit;
  }

  charge(units: number): void {
    this.cost += units;
    if (this.cost > this.limit) throw new Cancelled(costLimitMessage);
  }

  spend(units: number): void {
    this.#work += units;
    if (this.#work > maxWork) throw new Cancelled(workLimitMessage);
  }

  /** Looked up once. */
  global(name: string): Value {
    const known = this.#globals.get(name);
    if (known !== undefined) return known;
    const value = this.#activation(name);
    if (value === undefined) throw new Failure(`no such attribute(s): ${name}`);
    this.#globals.set(name, value);
    return value;
  }
}

export type Step = (frame: Frame) => Value;
