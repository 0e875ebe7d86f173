import type { Node } from "../api/core/v1/node.ts";

/** Amounts by topology: label of nodes, and its value. Entries that come to zero are gone. */
export class TopologyCounts {
  readonly #byKey = new Map<string, Map<string, number>>();

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** Does nothing for a node without the label: it is in no domain. */
  add(key: string, node: Node, amount: number): void {
    const value = node.metadata.labels?.[key];
    if (value === undefined || amount === 0) return;
    const counts = this.#byKey.get(key) ?? new Map<string, number>();
    if (counts.size === 0) this.#byKey.set(key, counts);
    const sum = (counts.get(value) ?? 0) + amount;
    if (sum !== 0) counts.set(value, sum);
    else if (counts.delete(value) && counts.size === 0) this.#byKey.delete(key);
  }

  at(key: string, node: Node): number {
    const value = node.metadata.labels?.[key];
    return value === undefined ? 0 : (this.#byKey.get(key)?.get(value) ?? 0);
  }

  /** Is there anything in one of the node's domains? */
  hasAnyAt(node: Node): boolean {
    for (const key of this.#byKey.keys()) if (this.at(key, node) > 0) return true;
    return false;
  }

  /** Over all of the node's domains. */
  sumAt(node: Node): number {
    let sum = 0;
    for (const key of this.#byKey.keys()) sum += this.at(key, node);
    return sum;
  }
}
