/**
 * ResourceQuota admission. What is used is counted from the objects themselves, as the watch cache shows them, plus
 * what writes under way have been promised. So that several API servers never give the same room twice, what is
 * promised is also written to `status.used` before the write is let through, if nobody else has written meanwhile: who
 * fails counts again. A charge whose write came to nothing stays until the quota controller's next count.
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
import { StatusError } from "../../machinery/status.ts";
import type { Transport } from "../../machinery/transport.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { isSame, refuse } from "./plugin.ts";
import { type LimitedResource, scopesText, uncoveredResources, uncoveredScopes } from "./quota-coverage.ts";
import { add, amountIn, QuotaTally, subtract } from "./quota-tally.ts";
import { type Outcome, SerialBatches } from "./serial-batches.ts";

export interface ResourceQuotaOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Writes the status of quotas; absent: this server is the only one. Asked for late: the server is being made. */
  readonly transport?: () => Transport;
  /** What may be used only where a quota limits it. */
  readonly limitedResources?: readonly LimitedResource[];
}

/** A write, and what it asks of the quotas of its namespace. */
interface Bill {
  readonly attributes: AdmissionAttributes;
  readonly object: KubeObject;
  readonly usage: Usage;
  readonly delta: Usage;
}

/** What one round of admissions charges to a quota. */
interface Charge {
  readonly quota: ResourceQuota;
  readonly amounts: Map<string, Quantity>;
  readonly used: Map<string, Quantity>;
}

type Charges = Map<string, Charge>;

/** A write that has been admitted and is not in the cache yet. */
interface Promised {
  readonly definition: AnyResourceDefinition;
  readonly object: KubeObject;
  readonly usage: Usage;
  /** Milliseconds; a write that has failed is forgotten then. */
  readonly expires: number;
}

const promiseMs = 5_000;
/** For so long a status counts that says more than the objects do: somebody's write may be under way. */
const trustMs = 5_000;
/** Servers that go for the same room at once take turns. */
const maxRounds = 10;

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
  readonly #transport: (() => Transport) | undefined;
  readonly #limited: readonly LimitedResource[];
  readonly #promised = new Map<string, Promised>();
  /** `group/resource/namespace` -> quota's uid -> sum. */
  readonly #tallies = new Map<string, Map<string, QuotaTally>>();
  readonly #followed = new Set<string>();
  /** By uid: as last written by this server, which the cache may not show yet, and when its status last changed. */
  readonly #written = new Map<string, ResourceQuota>();
  readonly #changedAt = new Map<string, number>();
  readonly #batches = new SerialBatches<Bill>((namespace, bills) => this.#admitAll(namespace, bills));

  constructor({ reader, clock, signal, transport, limitedResources = [] }: ResourceQuotaOptions) {
    this.#reader = reader;
    this.#clock = clock;
    this.#signal = signal;
    this.#transport = transport;
    this.#limited = limitedResources;
    reader.subscribe(
      resourceQuotas,
      (type, quota) => {
        const { uid } = quota.metadata;
        if (!isOlder(quota, this.#written.get(uid))) this.#written.delete(uid);
        this.#changedAt.set(uid, this.#clock.now());
        if (type !== "DELETED") return;
        this.#changedAt.delete(uid);
        for (const tallies of this.#tallies.values()) tallies.delete(uid);
      },
      signal,
    );
  }

  async charge(attributes: AdmissionAttributes): Promise<void> {
    const object = attributes.object as KubeObject;
    const { definition, oldObject, namespace } = attributes;
    const matching = this.#matching(namespace, definition, object);
    if (matching.length === 0 && this.#limited.length === 0) return;
    const usage = usageOf(definition, object, this.#clock.now());
    const delta = oldObject === undefined ? usage : increase(usage, usageOf(definition, oldObject, this.#clock.now()));
    if (delta.size === 0) return;
    this.#checkCovered(attributes, object, usage, matching);
    if (matching.length === 0) return;
    const bill = { attributes, object, usage, delta };
    if (attributes.dryRun) this.#check(bill, new Map(), new Set());
    else if (this.#transport === undefined) this.#admit(bill, new Map(), new Set());
    else await this.#batches.submit(namespace, bill);
  }

  #checkCovered(attributes: AdmissionAttributes, object: KubeObject, usage: Usage, matching: readonly ResourceQuota[]): void {
    const { definition, namespace } = attributes;
    const names = uncoveredResources(this.#limited, definition, usage, matching);
    if (names.length > 0) throw refuse(attributes, `insufficient quota to consume: ${names.join(",")}`);
    const scopes = uncoveredScopes(this.#limited, definition, object, [...this.#reader.list(resourceQuotas, namespace)]);
    // Not "forbidden": upstream's plain error reaches clients as a 500 with these words.
    if (scopes.length > 0) throw new StatusError({ code: 500, reason: "", message: `insufficient quota to match these scopes: ${scopesText(scopes)}` });
  }

  /** Of a namespace; as new as this server can know them. */
  #matching(namespace: string, definition: AnyResourceDefinition, object: KubeObject): ResourceQuota[] {
    const known = [...this.#reader.list(resourceQuotas, namespace)].filter((quota) => quotaMatches(quota, definition, object));
    return known.map((quota) => {
      const written = this.#written.get(quota.metadata.uid);
      return written !== undefined && isOlder(quota, written) ? { ...written, spec: quota.spec } : quota;
    });
  }

  async #admitAll(namespace: string, bills: readonly Bill[]): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(bills.length).fill(undefined);
    const settled = new Set<string>();
    let open = [...bills.keys()];
    for (let round = 1; ; round++) {
      const charges: Charges = new Map();
      open = open.filter((index) => {
        try {
          this.#admit(bills[index]!, charges, settled);
          return true;
        } catch (error) {
          outcomes[index] = { error };
          return false;
        }
      });
      const conflict = await this.#write(namespace, charges, settled);
      if (conflict === undefined) return outcomes;
      for (const index of open) {
        this.#promised.delete(bills[index]!.object.metadata.uid);
        if (round === maxRounds) outcomes[index] = { error: conflict };
      }
      if (round === maxRounds) return outcomes;
    }
  }

  /** Puts what has been promised into the quotas' status. Returns the conflict if somebody else was faster. */
  async #write(namespace: string, charges: Charges, settled: Set<string>): Promise<unknown> {
    const transport = this.#transport?.();
    let conflict: unknown;
    for (const [uid, { quota, used }] of charges) {
      // Before the first count there is no status to add to.
      if (transport === undefined || quota.status?.hard === undefined) continue;
      const { name } = quota.metadata;
      const texts = Object.fromEntries([...used].map(([resource, amount]) => [resource, quantityText(amount)]));
      const status = { ...quota.status, used: { ...quota.status.used, ...texts } };
      try {
        const written = await transport.update<ResourceQuota>(
          { resource: resourceQuotas, namespace, name, subresource: "status" },
          { ...quota, status },
          {},
          this.#signal,
        );
        this.#written.set(uid, written);
        this.#changedAt.set(uid, this.#clock.now());
        settled.add(uid);
      } catch (error) {
        if (!(error instanceof StatusError) || (error.code !== 409 && error.code !== 404)) throw error;
        this.#written.delete(uid);
        await this.#reader.getFresh(resourceQuotas, namespace, name);
        if (error.code === 409) conflict = error;
      }
    }
    return conflict;
  }

  /** Promises the write what it asks for; throws 403 when that is too much. */
  #admit(bill: Bill, charges: Charges, settled: ReadonlySet<string>): void {
    if (!this.#check(bill, charges, settled)) return;
    const { attributes, object, usage, delta } = bill;
    this.#promise(attributes.definition, object, usage);
    for (const quota of this.#matching(attributes.namespace, attributes.definition, object)) {
      const { uid } = quota.metadata;
      if (settled.has(uid)) continue;
      const charge = charges.get(uid) ?? { quota, amounts: new Map<string, Quantity>(), used: new Map<string, Quantity>() };
      for (const [resource, amount] of limitedBy(quota, delta)) charge.amounts.set(resource, addQuantities(amountIn(charge.amounts, resource), amount));
      const used = this.#used(attributes, quota, charge);
      for (const resource of charge.amounts.keys()) charge.used.set(resource, amountIn(used, resource));
      if (charge.amounts.size > 0) charges.set(uid, charge);
    }
  }

  /** Whether any quota limits what the write asks for; throws 403 when that is too much. Those settled have been asked. */
  #check({ attributes, object, delta }: Bill, charges: Charges, settled: ReadonlySet<string>): boolean {
    const quotas = this.#matching(attributes.namespace, attributes.definition, object);
    const limiting = quotas.filter((quota) => settled.has(quota.metadata.uid) || this.#fits(attributes, quota, delta, charges.get(quota.metadata.uid)));
    return limiting.length > 0;
  }

  #fits(attributes: AdmissionAttributes, quota: ResourceQuota, delta: Usage, charge: Charge | undefined): boolean {
    const hard = quota.spec.hard ?? {};
    const { name } = quota.metadata;
    if (isSame(attributes.definition, pods)) {
      const missing = missingResources(attributes.object as Pod, hard);
      if (missing !== undefined) throw refuse(attributes, `failed quota: ${name}: ${missing}`);
    }
    const requested = limitedBy(quota, delta);
    if (requested.length === 0) return false;
    const used = this.#used(attributes, quota, charge);
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

  /** What is used by what can be seen, or has been charged of late. */
  #used(attributes: AdmissionAttributes, quota: ResourceQuota, charge: Charge | undefined): Map<string, Quantity> {
    const used = this.#counted(attributes, quota);
    if (this.#clock.now() - (this.#changedAt.get(quota.metadata.uid) ?? 0) >= trustMs) return used;
    for (const [resource, text] of Object.entries(quota.status?.used ?? {})) {
      const said = addQuantities(parseQuantity(text), amountIn(charge?.amounts ?? new Map(), resource));
      if (compareQuantities(said, amountIn(used, resource)) > 0) used.set(resource, said);
    }
    return used;
  }

  /** What all objects of the kind use of the quota, writes under way included, this one not. */
  #counted({ definition, namespace }: AdmissionAttributes, quota: ResourceQuota): Map<string, Quantity> {
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

/** What of it the quota has something to say about. */
function limitedBy({ spec }: ResourceQuota, usage: Usage): [string, Quantity][] {
  return [...usage].filter(([resource]) => spec.hard?.[resource] !== undefined);
}

function isOlder(quota: ResourceQuota, other: ResourceQuota | undefined): boolean {
  return other !== undefined && Number(quota.metadata.resourceVersion ?? 0) < Number(other.metadata.resourceVersion ?? 0);
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
