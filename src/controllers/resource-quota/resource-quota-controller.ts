/**
 * Reports what the objects of a namespace use of its quotas. Only kinds that some quota counts are followed, from the
 * first such quota on; so a cluster without quotas pays nothing.
 */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ResourceQuota } from "../../api/core/v1/resource-quota.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { pods, resourceQuotas } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { sameJson } from "../../machinery/json.ts";
import { type KubeObject, objectKey, type ResourceRef } from "../../machinery/object.ts";
import type { CountedResource } from "../../machinery/quota-usage.ts";
import type { Controller } from "../controller.ts";
import type { DiscoverResources } from "../shared/discovery.ts";
import { createQueue, runLoop, runPeriodically } from "../shared/loop.ts";
import { countedKinds, resourceKey } from "./counted-resources.ts";
import { isSameStatus, nextReleaseMs, quotaStatus, sameAmounts } from "./quota-status.ts";

/** Many objects change at once: a quota is counted at most once in this time. */
const debounceMs = 100;
const resyncMs = 5 * 60_000;
/** How long a status that someone else wrote may be seen. Upstream repairs it at the next resync. */
const repairMs = 5_000;
const syncPollMs = 50;

export function resourceQuotaController(discover: DiscoverResources): Controller {
  return {
    name: "resourcequota-controller",
    account: "resourcequota-controller",
    run: (context) => new QuotaController(context, discover).run(),
  };
}

class QuotaController {
  readonly #context: ComponentContext;
  readonly #quotas: Informer<ResourceQuota>;
  readonly #queue: WorkQueue;
  readonly #discover: DiscoverResources;
  readonly #followed = new Map<string, Informer<KubeObject>>();
  /** Kinds that quotas name and discovery did not know: asked for again at every resync. */
  readonly #unknown = new Set<string>();

  constructor(context: ComponentContext, discover: DiscoverResources) {
    this.#context = context;
    this.#discover = discover;
    this.#queue = createQueue(context);
    this.#quotas = context.informers.informer(resourceQuotas);
    this.#quotas.addHandler({
      add: (quota) => this.#queue.add(objectKey(quota)),
      update: (quota, old) => {
        if (!sameJson(quota.spec, old.spec)) this.#queue.add(objectKey(quota));
        else if (!sameAmounts(quota.status?.hard, old.status?.hard) || !sameAmounts(quota.status?.used, old.status?.used)) {
          this.#queue.addAfter(objectKey(quota), repairMs);
        }
      },
    });
  }

  async run(): Promise<void> {
    const resync = async () => {
      this.#unknown.clear();
      for (const quota of this.#quotas.list()) this.#queue.add(objectKey(quota));
    };
    await Promise.all([
      runLoop(this.#context, { queue: this.#queue, reconcile: (key) => this.#reconcile(key) }),
      runPeriodically(this.#context, resyncMs, resync),
    ]);
  }

  async #reconcile(key: string): Promise<Requeue | undefined> {
    const quota = this.#quotas.get(key);
    if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return undefined;
    const counted = await this.#countedObjects(quota);
    if (counted === undefined) return { afterMs: syncPollMs };
    const now = this.#context.clock.now();
    const status = quotaStatus(quota, counted, now);
    if (!isSameStatus(quota.status, status)) await this.#write({ ...quota, status });
    const release = nextReleaseMs(counted.get(resourceKey(pods)) ?? [], now);
    return release === undefined ? undefined : { afterMs: release };
  }

  async #write(quota: ResourceQuota): Promise<void> {
    try {
      await this.#context.client.of(resourceQuotas).updateStatus(quota);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** undefined while a kind is still being listed: half a count would lie. */
  async #countedObjects({ spec, metadata }: ResourceQuota): Promise<Map<string, KubeObject[]> | undefined> {
    const counted = new Map<string, KubeObject[]>();
    for (const [key, kind] of countedKinds(spec.hard)) {
      const informer = this.#followed.get(key) ?? (await this.#follow(kind));
      if (informer === undefined) continue;
      if (!informer.synced) return undefined;
      counted.set(key, [...informer.inNamespace(metadata.namespace ?? "")]);
    }
    return counted;
  }

  async #follow(kind: CountedResource): Promise<Informer<KubeObject> | undefined> {
    const key = resourceKey(kind);
    if (this.#unknown.has(key)) return undefined;
    const resource = (await this.#discover()).find((known) => known.namespaced && resourceKey(known) === key);
    if (resource === undefined) {
      this.#unknown.add(key);
      return undefined;
    }
    // Another worker may have been faster.
    return this.#followed.get(key) ?? this.#start(key, resource);
  }

  #start(key: string, resource: ResourceRef): Informer<KubeObject> {
    const { informers, logger, signal } = this.#context;
    const informer = informers.informer<KubeObject>(resource);
    this.#followed.set(key, informer);
    const recount = (object: KubeObject) => this.#recount(key, object);
    informer.addHandler({ add: recount, delete: recount, update: (object, old) => usageMayDiffer(object, old) && recount(object) });
    // Not awaited: informers of others may take their time, or never come to an end.
    informers.start().catch((error: unknown) => {
      if (!signal.aborted) logger.warn({ resource: key, error: errorText(error) }, "cannot follow a counted kind");
    });
    return informer;
  }

  #recount(key: string, object: KubeObject): void {
    for (const quota of this.#quotas.inNamespace(object.metadata.namespace ?? "")) {
      if (countedKinds(quota.spec.hard).has(key)) this.#queue.addAfter(objectKey(quota), debounceMs);
    }
  }
}

/** Only spec, the end of a pod, and deletion change what an object uses. */
function usageMayDiffer(object: KubeObject, old: KubeObject): boolean {
  const [pod, before] = [object as Pod, old as Pod];
  return (
    object.metadata.uid !== old.metadata.uid ||
    object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    pod.status?.phase !== before.status?.phase ||
    !sameJson(pod.spec ?? null, before.spec ?? null)
  );
}
