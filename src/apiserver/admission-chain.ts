/** Runs admission plugins: all that mutate, in order, and later all that validate. */
import type { AnyResourceDefinition } from "../api/resource.ts";
import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from "./contract.ts";

export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #chosen = new WeakMap<AnyResourceDefinition, Map<string, readonly AdmissionPlugin[]>>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async admit(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#for(attributes)) await plugin.admit?.(attributes);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#for(attributes)) await plugin.validate?.(attributes);
  }

  /** Both phases, for requests that write nothing of their own. */
  async run(attributes: AdmissionAttributes): Promise<void> {
    await this.admit(attributes);
    await this.validate(attributes);
  }

  #for({ operation, definition, subresource }: AdmissionAttributes): readonly AdmissionPlugin[] {
    const key = `${operation}/${subresource}`;
    const known = this.#chosen.get(definition) ?? new Map<string, readonly AdmissionPlugin[]>();
    this.#chosen.set(definition, known);
    const plugins = known.get(key) ?? this.#select(operation, definition, subresource);
    known.set(key, plugins);
    return plugins;
  }

  #select(operation: AdmissionOperation, definition: AnyResourceDefinition, subresource: string): readonly AdmissionPlugin[] {
    return this.#plugins.filter((plugin) => plugin.handles(operation, definition, subresource));
  }
}
