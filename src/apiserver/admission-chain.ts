/** Runs admission plugins: all that mutate, in order, and later all that validate. */
import type { AnyResourceDefinition } from "../api/resource.ts";
import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from "./contract.ts";

type Step = (attributes: AdmissionAttributes) => Promise<void> | void;

/** What the plugins do that handle one operation on one kind. */
interface Steps {
  readonly admit: readonly Step[];
  readonly validate: readonly Step[];
}

/**
 * Most plugins decide at once, and most writes meet no other: such a write shall not wait for its turn after each of
 * them. So a phase is only a promise where a plugin had to wait; else it has been done, or has thrown, when it returns.
 */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #chosen = new WeakMap<AnyResourceDefinition, Map<AdmissionOperation, Map<string, Steps>>>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  /** Throws, or rejects with, the StatusError by which a plugin refuses. */
  admit(attributes: AdmissionAttributes): Promise<void> | undefined {
    return inTurn(this.#for(attributes).admit, attributes, 0);
  }

  /** The same. */
  validate(attributes: AdmissionAttributes): Promise<void> | undefined {
    return inTurn(this.#for(attributes).validate, attributes, 0);
  }

  /** Both phases, for requests that write nothing of their own. */
  async run(attributes: AdmissionAttributes): Promise<void> {
    await this.admit(attributes);
    await this.validate(attributes);
  }

  #for({ operation, definition, subresource }: AdmissionAttributes): Steps {
    return this.#chosen.get(definition)?.get(operation)?.get(subresource) ?? this.#choose(operation, definition, subresource);
  }

  #choose(operation: AdmissionOperation, definition: AnyResourceDefinition, subresource: string): Steps {
    const operations = this.#chosen.get(definition) ?? new Map<AdmissionOperation, Map<string, Steps>>();
    const subresources = operations.get(operation) ?? new Map<string, Steps>();
    const plugins = this.#plugins.filter((plugin) => plugin.handles(operation, definition, subresource));
    const steps = { admit: stepsOf(plugins, "admit"), validate: stepsOf(plugins, "validate") };
    this.#chosen.set(definition, operations.set(operation, subresources.set(subresource, steps)));
    return steps;
  }
}

function stepsOf(plugins: readonly AdmissionPlugin[], phase: "admit" | "validate"): Step[] {
  return plugins.filter((plugin) => plugin[phase] !== undefined).map((plugin) => (attributes) => plugin[phase]?.(attributes));
}

/** Each after the one before it, from the one at `next` on. */
function inTurn(steps: readonly Step[], attributes: AdmissionAttributes, next: number): Promise<void> | undefined {
  for (let index = next; index < steps.length; index++) {
    const waiting = steps[index]!(attributes);
    if (waiting instanceof Promise) return waiting.then(() => inTurn(steps, attributes, index + 1));
  }
  return undefined;
}
