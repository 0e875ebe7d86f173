/**
 * What the objects of one kind in one namespace use of one quota, kept as a running sum: a check costs the same with
 * ten pods and with ten thousand.
 */
import type { ResourceQuota } from "../../api/core/v1/resource-quota.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { addQuantities, type Quantity, quantityOf, subtractQuantities } from "../../machinery/quantity.ts";
import { quotaMatches } from "../../machinery/quota-scopes.ts";
import { type Usage, usageOf } from "../../machinery/quota-usage.ts";

const nothing: Usage = new Map();

export class QuotaTally {
  /** Scopes of this quota decide what is counted; a changed quota needs a new tally. */
  readonly quota: ResourceQuota;
  readonly #definition: AnyResourceDefinition;
  readonly #total = new Map<string, Quantity>();
  readonly #counted = new Map<string, Usage>();
  /** Objects being deleted: whether they still count depends on the time. */
  readonly #fading = new Map<string, KubeObject>();

  constructor(quota: ResourceQuota, definition: AnyResourceDefinition, objects: Iterable<KubeObject>) {
    this.quota = quota;
    this.#definition = definition;
    for (const object of objects) this.set(object);
  }

  /** `now` in milliseconds since the epoch. */
  total(now: number): Map<string, Quantity> {
    const total = new Map(this.#total);
    for (const object of this.#fading.values()) add(total, usageOf(this.#definition, object, now));
    return total;
  }

  /** What `total` counts for this object. */
  usageOf(uid: string, now: number): Usage {
    const fading = this.#fading.get(uid);
    return fading === undefined ? (this.#counted.get(uid) ?? nothing) : usageOf(this.#definition, fading, now);
  }

  set(object: KubeObject): void {
    const { uid, deletionTimestamp } = object.metadata;
    this.remove(uid);
    if (!quotaMatches(this.quota, this.#definition, object)) return;
    if (deletionTimestamp !== undefined) {
      this.#fading.set(uid, object);
      return;
    }
    // Only deletion makes time matter.
    const usage = usageOf(this.#definition, object, 0);
    this.#counted.set(uid, usage);
    add(this.#total, usage);
  }

  remove(uid: string): void {
    this.#fading.delete(uid);
    subtract(this.#total, this.#counted.get(uid) ?? nothing);
    this.#counted.delete(uid);
  }
}

export function amountIn(usage: Usage, resource: string): Quantity {
  return usage.get(resource) ?? quantityOf(0);
}

export function add(total: Map<string, Quantity>, usage: Usage): void {
  for (const [name, amount] of usage) total.set(name, addQuantities(amountIn(total, name), amount));
}

export function subtract(total: Map<string, Quantity>, usage: Usage): void {
  for (const [name, amount] of usage) total.set(name, subtractQuantities(amountIn(total, name), amount));
}
