/**
 * ResourceQuota admission. What is used is counted from the objects themselves, as the watch cache shows them, plus
 * what writes under way have been promised; `status.used` is the quota controller's report and is not asked.
 *
 * Compromise: several API servers that admit in the same moment can overshoot a quota by what the others admit within
 * the latency of a watch. Upstream pays for closing that gap with a write to the quota for every create.
 */

import { persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { pods } from "../../api/core/v1/pod.ts";
import { type ResourceQuota, resourceQuotas } from "../../api/core/v1/resource-quota.ts";
import { services } from "../../api/core/v1/service.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { Clock } from "../../machinery/clock.ts";
import { sameJson } from "../../machinery/json.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { addQuantities, compareQuantities, parseQuantity, type Quantity, quantityText, subtractQuantities } from "../../machinery/quantity.ts";
import { quotaMatches } from "../../machinery/quota-scopes.ts";
import { missingResources, type Usage, usageOf } from "../../machinery/quota-usage.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { isSame, refuse } from "./plugin.ts";
import { add, amountIn, QuotaTally, subtract } from "./quota-tally.ts";

export interface ResourceQuotaOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A write that has been admitted and is not in the cache yet. */
interface Promised {
  readonly definition: AnyResourceDefinition;
  readonly object: KubeObject;
  readonly usage: Usage;
  /** Milliseconds; a write that has failed is forgotten then. */
  readonly expires: number;
}

const promiseMs = 5_000;

export function resourceQuota(options: ResourceQuotaOptions): AdmissionPlugin {
  const accountant = new QuotaAccountant(options);
  const measuredOnUpdate = (definition: AnyResourceDefinition, subresource: string): boolean =>
    (isSame(definition, pods) && subresource === "resize") ||
    (subresource === "" && (isSame(definition, services) || isSame(definition, persistentVolumeClaims)));
  return {
    name: "ResourceQuota",
    handles: (operation, definition, subresource) =>
      definition.namespaced &&
      definition.virtual !== true &&
      ((operation === "CREATE" && subresource === "") || (operation === "UPDATE" && measuredOnUpdate(definition, subresource))),
    validate: (attributes) => accountant.charge(attributes),
  };
}

class QuotaAccountant {
  readonly #reader: ObjectReader;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #promised = new Map<string, Promised>();
  /** `group/resource/namespace` -> quota's uid -> sum. */
  readonly #tallies = new Map<string, Map<string, QuotaTally>>();
  readonly #followed = new Set<string>();

  constructor({ reader, clock, signal }: ResourceQuotaOptions) {
    this.#reader = reader;
    this.#clock = clock;
    this.#signal = signal;
    reader.subscribe(
      resourceQuotas,
      (type, quota) => {
        if (type === "DELETED") for (const tallies of this.#tallies.values()) tallies.delete(quota.metadata.uid);
      },
      signal,
    );
  }

  charge(attributes: AdmissionAttributes): void {
    const object = attributes.object as KubeObject;
    const { definition, oldObject } = attributes;
    const quotas = [...this.#reader.list(resourceQuotas, attributes.namespace)].filter((quota) => quotaMatches(quota, definition, object));
    if (quotas.length === 0) return;
    const usage = usageOf(definition, object, this.#clock.now());
    const delta = oldObject === undefined ? usage : increase(usage, usageOf(definition, oldObject, this.#clock.now()));
    if (delta.size === 0) return;
    const charged = quotas.filter((quota) => this.#check(attributes, quota, delta));
    if (charged.length > 0 && !attributes.dryRun) this.#promise(definition, object, usage);
  }

  /** Whether the quota limits anything the write asks for; throws 403 when that is too much. */
  #check(attributes: AdmissionAttributes, quota: ResourceQuota, delta: Usage): boolean {
    const hard = quota.spec.hard ?? {};
    const { name } = quota.metadata;
    if (isSame(attributes.definition, pods)) {
      const missing = missingResources(attributes.object as Pod, hard);
      if (missing !== undefined) throw refuse(attributes, `failed quota: ${name}: ${missing}`);
    }
    const requested = [...delta].filter(([resource]) => hard[resource] !== undefined);
    if (requested.length === 0) return false;
    const used = this.#used(attributes, quota);
    const exceeded = requested.filter(
      ([resource, amount]) => compareQuantities(addQuantities(amount, amountIn(used, resource)), parseQuantity(hard[resource] ?? "0")) > 0,
    );
    if (exceeded.length === 0) return true;
    const names = exceeded.map(([resource]) => resource).sort();
    const list = (amount: (resource: string) => Quantity): string => names.map((resource) => `${resource}=${quantityText(amount(resource))}`).join(",");
    throw refuse(
      attributes,
      `exceeded quota: ${name}, requested: ${list((resource) => amountIn(delta, resource))}, used: ${list((resource) => amountIn(used, resource))}, limited: ${list((resource) => parseQuantity(hard[resource] ?? "0"))}`,
    );
  }

  /** What all objects of the kind use of the quota, writes under way included, this one not. */
  #used({ definition, namespace }: AdmissionAttributes, quota: ResourceQuota): Usage {
    const tally = this.#tally(definition, namespace, quota);
    const now = this.#clock.now();
    const total = tally.total(now);
    for (const [uid, { object, usage }] of this.#promisedIn(definition, namespace)) {
      subtract(total, tally.usageOf(uid, now));
      if (quotaMatches(quota, definition, object)) add(total, usage);
    }
    return total;
  }

  #tally(definition: AnyResourceDefinition, namespace: string, quota: ResourceQuota): QuotaTally {
    this.#follow(definition);
    const key = tallyKey(definition, namespace);
    const tallies = this.#tallies.get(key) ?? new Map<string, QuotaTally>();
    this.#tallies.set(key, tallies);
    const known = tallies.get(quota.metadata.uid);
    if (known !== undefined && sameScopes(known.quota, quota)) return known;
    const tally = new QuotaTally(quota, definition, this.#reader.list(definition, namespace) as Iterable<KubeObject>);
    tallies.set(quota.metadata.uid, tally);
    return tally;
  }

  #promise(definition: AnyResourceDefinition, object: KubeObject, usage: Usage): void {
    this.#follow(definition);
    this.#promised.set(object.metadata.uid, { definition, object, usage, expires: this.#clock.now() + promiseMs });
  }

  #promisedIn(definition: AnyResourceDefinition, namespace: string): Map<string, Promised> {
    const found = new Map<string, Promised>();
    const now = this.#clock.now();
    for (const [uid, promised] of this.#promised) {
      if (promised.expires <= now || this.#hasFailed(promised)) this.#promised.delete(uid);
      else if (isSame(promised.definition, definition) && promised.object.metadata.namespace === namespace) found.set(uid, promised);
    }
    return found;
  }

  /** Another object has the name: this one lost. */
  #hasFailed({ definition, object }: Promised): boolean {
    const { namespace = "", name, uid } = object.metadata;
    const stored = this.#reader.get(definition, namespace, name) as KubeObject | undefined;
    return stored !== undefined && stored.metadata.uid !== uid;
  }

  /** Keeps the sums; the cache showing an object, or its end, also keeps the promise made to its writer. */
  #follow(definition: AnyResourceDefinition): void {
    const key = tallyKey(definition, "");
    if (this.#followed.has(key)) return;
    this.#followed.add(key);
    this.#reader.subscribe(
      definition,
      (type, object: KubeObject) => {
        this.#promised.delete(object.metadata.uid);
        for (const tally of this.#tallies.get(tallyKey(definition, object.metadata.namespace ?? ""))?.values() ?? []) {
          if (type === "DELETED") tally.remove(object.metadata.uid);
          else tally.set(object);
        }
      },
      this.#signal,
    );
  }
}

function tallyKey({ group, resource }: AnyResourceDefinition, namespace: string): string {
  return `${group}/${resource}/${namespace}`;
}

function sameScopes(a: ResourceQuota, b: ResourceQuota): boolean {
  return a === b || (sameJson(a.spec.scopes ?? [], b.spec.scopes ?? []) && sameJson(a.spec.scopeSelector ?? {}, b.spec.scopeSelector ?? {}));
}

/** Only what grows is charged. */
function increase(usage: Usage, old: Usage): Usage {
  const grown = [...usage].map(([name, amount]): [string, Quantity] => [name, subtractQuantities(amount, amountIn(old, name))]);
  return new Map(grown.filter(([, amount]) => amount.nanos > 0n));
}
